#include "fhir-model/validation/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/terminology/terminology.h"
#include "fhir-model/validation/invariants.h"
#include "fhir-model/validation/moment.h"

namespace varde::fhir {
namespace {

struct TypeOfAnswer {
  std::string_view question, value;  ///< Questionnaire.item.type; the name of value[x] that answers it
};
/// Choices are answered as their options say.
constexpr std::array kTypes{
    TypeOfAnswer{"attachment", "valueAttachment"},
    TypeOfAnswer{"boolean", "valueBoolean"},
    TypeOfAnswer{"date", "valueDate"},
    TypeOfAnswer{"dateTime", "valueDateTime"},
    TypeOfAnswer{"decimal", "valueDecimal"},
    TypeOfAnswer{"integer", "valueInteger"},
    TypeOfAnswer{"quantity", "valueQuantity"},
    TypeOfAnswer{"reference", "valueReference"},
    TypeOfAnswer{"string", "valueString"},
    TypeOfAnswer{"text", "valueString"},
    TypeOfAnswer{"time", "valueTime"},
    TypeOfAnswer{"url", "valueUri"},
};

std::string rule(std::string_view path) { return source_of(path.substr(0, path.find('.')), path); }

std::optional<double> number(Element e) {
  if (!e.has_value()) return std::nullopt;
  const std::string_view type = e.type_name();
  if (type != "decimal" && type != "integer") return std::nullopt;
  return std::strtod(std::string(e.value()).c_str(), nullptr);
}

bool same_coding(Element a, Element b) {
  return a["code"].value() == b["code"].value() && a["system"].value() == b["system"].value();
}

/// <0, 0, >0; nothing when the two cannot be ordered. Equal codings are 0, others cannot be ordered.
std::optional<int> compare(Element a, Element b) {
  const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : x == y ? 0 : 1; };
  if (a.type() != b.type()) return std::nullopt;
  const std::string_view type = a.type_name();
  if (const auto x = number(a), y = number(b); x && y) return sign(*x, *y);
  if (type == "Coding") return same_coding(a, b) ? std::optional(0) : std::nullopt;
  if (type == "Reference") return a["reference"].value() == b["reference"].value() ? std::optional(0) : std::nullopt;
  if (type == "Quantity") {
    const auto x = number(a["value"]), y = number(b["value"]);
    const bool same_unit = same_coding(a, b) && (a["code"] || a["unit"].value() == b["unit"].value());
    return x && y && same_unit ? std::optional(sign(*x, *y)) : std::nullopt;
  }
  if (type == "date" || type == "dateTime") {
    const auto x = parse_moment(a.value()), y = parse_moment(b.value());
    if (!x || !y) return std::nullopt;
    if (x->begin == y->begin && x->end == y->end) return 0;
    return x->end <= y->begin ? std::optional(-1) : y->end <= x->begin ? std::optional(1) : std::nullopt;
  }
  return sign(a.value(), b.value());
}

bool meets(std::string_view oper, Element answer, Element wanted) {
  const auto order = compare(answer, wanted);
  if (oper == "=") return order == 0;
  if (oper == "!=") return order != 0;
  if (!order) return false;
  if (oper == ">") return *order > 0;
  if (oper == "<") return *order < 0;
  if (oper == ">=") return *order >= 0;
  return oper == "<=" && *order <= 0;
}

/// The options decide the type of a choice; without options it is a Coding.
bool is_option(Element value, Element question) {
  return std::ranges::any_of(question.each("answerOption"), [&](Element option) {
    const Element offered = option.choice("value");
    return offered.type() == value.type() && compare(offered, value) == 0;
  });
}

void check_choice(Element value, Element question, Findings& findings) {
  const bool open = question["type"].value() == "open-choice" && value.type_name() == "string";
  if (question["answerOption"]) {
    if (!open && !is_option(value, question))
      findings.add(Fault::code_invalid, value, "The answer is one of the options that the questionnaire offers.",
                   {.source = rule("Questionnaire.item.answerOption")});
  } else if (value.type_name() != "Coding") {
    if (!open)
      findings.add(Fault::value_malformed, value, "The answer to a choice is a Coding.",
                   {.source = rule("Questionnaire.item.type")});
  } else if (const Element set = question["answerValueSet"]; set.has_value()) {
    const auto id = terminology::find_value_set(set.value());
    if (terminology::member(id, value) == terminology::Membership::out)
      findings.add(Fault::code_invalid, value, fmt::format("The answer is a code of {}.", set.value()),
                   {.source = rule("Questionnaire.item.answerValueSet")});
  }
}

/// http://hl7.org/fhir/StructureDefinition/minValue, maxValue; numbers, dates and times alike.
void check_limits(Element value, Element question, Findings& findings) {
  const Element least = question.extension("http://hl7.org/fhir/StructureDefinition/minValue").choice("value");
  const Element most = question.extension("http://hl7.org/fhir/StructureDefinition/maxValue").choice("value");
  if (least && compare(value, least).value_or(0) < 0)
    findings.add(Fault::invariant, value, "The answer is not less than the questionnaire's minValue.",
                 {.source = "http://hl7.org/fhir/StructureDefinition/minValue"});
  if (most && compare(value, most).value_or(0) > 0)
    findings.add(Fault::invariant, value, "The answer is not more than the questionnaire's maxValue.",
                 {.source = "http://hl7.org/fhir/StructureDefinition/maxValue"});
  if (const Element longest = question["maxLength"]; longest.has_value() && value.type_name() == "string") {
    const auto characters = std::ranges::count_if(value.value(), [](char c) { return (c & 0xC0) != 0x80; });
    if (static_cast<double>(characters) > number(longest).value_or(characters))
      findings.add(Fault::value_malformed, value, fmt::format("The answer has at most {} characters.", longest.value()),
                   {.source = rule("Questionnaire.item.maxLength")});
  }
  const Element places = question.extension("http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces").choice("value");
  const std::size_t point = value.value().find('.');
  if (places.has_value() && value.type_name() == "decimal" && point != std::string_view::npos &&
      static_cast<double>(value.value().size() - point - 1) > number(places).value_or(0))
    findings.add(Fault::value_malformed, value, fmt::format("The answer has at most {} decimals.", places.value()),
                 {.source = "http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces"});
}

}  // namespace

bool meets(Element enable_when, const std::vector<Element>& answers) {
  const std::string_view oper = enable_when["operator"].value();
  const Element wanted = enable_when.choice("answer");
  if (oper == "exists") return (wanted.value() == "true") == !answers.empty();
  return std::ranges::any_of(answers, [&](Element answer) { return answer && meets(oper, answer, wanted); });
}

void check_answer(Element answer, Element question, Findings& findings) {
  const Element value = answer.choice("value");
  const std::string_view type = question["type"].value();
  if (!value) return;
  const auto expected = std::ranges::find(kTypes, type, &TypeOfAnswer::question);
  if (type == "choice" || type == "open-choice")
    check_choice(value, question, findings);
  else if (expected != kTypes.end() && value.name() != expected->value)
    return findings.add(Fault::value_malformed, value,
                        fmt::format("The answer to an item of type {} is {}.", type, expected->value),
                        {.source = rule("Questionnaire.item.type")});
  check_limits(value, question, findings);
}

}  // namespace varde::fhir
