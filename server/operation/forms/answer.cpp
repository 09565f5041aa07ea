#include "server/operation/forms/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/operation/apply/place.h"

namespace varde::operation::forms {

namespace {

using fhir::Editor;
using fhirpath::Item;

tl::unexpected<Failure> no_such(Element item) {
  return fail(
      Fault::business_rule,
      fmt::format("What the question {} is to begin with is no {}.", item["linkId"].value(), item["type"].value()),
      item.path());
}

struct Plain {
  std::string_view type, element;  ///< of an item, and its answer's
};
constexpr std::array kPlain{
    Plain{"boolean", "valueBoolean"}, Plain{"date", "valueDate"},     Plain{"dateTime", "valueDateTime"},
    Plain{"time", "valueTime"},       Plain{"string", "valueString"}, Plain{"text", "valueString"},
    Plain{"url", "valueUri"}};

std::string text_of(const Item& value) {
  const Element element = value.element();
  if (element && !element.has_value()) {
    if (element["text"].has_value()) return std::string(element["text"].value());
    if (element["coding"]) return std::string(element["coding"]["display"].value());
    return std::string(element["display"].value());
  }
  return value.text().value_or(std::string());
}

bool is_number(std::string_view text, bool whole) {
  return !text.empty() && text.find_first_not_of(whole ? "-0123456789" : "-+.eE0123456789") == std::string_view::npos;
}

/// A number itself, or a quantity's.
std::string number_of(const Item& value) {
  const Element element = value.element();
  if (element && element["value"]) return std::string(element["value"].value());
  if (const auto quantity = value.quantity()) return quantity->value.text();
  return value.text().value_or(std::string());
}

/// A code alone is the option that has it.
Result<void> set_choice(Editor answer, Element item, const Item& value) {
  const Element element = value.element();
  const Element coding = element["coding"] ? element["coding"] : element.type_name() == "Coding" ? element : Element{};
  if (coding) {
    answer.add_copy("valueCoding", coding);
    return {};
  }
  const std::string text = text_of(value);
  for (const Element option : item.each("answerOption")) {
    const Element offered = option.choice("value");
    if (offered.value() != text && offered["code"].value() != text) continue;
    answer.add_copy(offered.name(), offered);
    return {};
  }
  if (text.empty() || item["answerOption"]) return no_such(item);
  if (item["type"].value() == "open-choice")
    answer.set("valueString", text);
  else
    answer.add("valueCoding").set("code", text);
  return {};
}

Result<void> set_number(Editor answer, Element item, const Item& value, std::string_view type) {
  const std::string number = number_of(value);
  if (!is_number(number, type == "integer")) return no_such(item);
  answer.set(type == "integer" ? "valueInteger" : "valueDecimal", number);
  return {};
}

Result<void> set_quantity(Editor answer, Element item, const Item& value) {
  const bool is_one = value.quantity() || value.element().type_name() == "Quantity";
  if (is_one && apply::put(answer, "value", value)) return {};
  const std::string number = number_of(value);
  if (!is_number(number, false)) return no_such(item);
  if (!add_quantity(answer, "valueQuantity", number, item)) answer.add("valueQuantity").set("value", number);
  return {};
}

Result<void> set_reference(Editor answer, Element item, const Item& value) {
  const Element element = value.element();
  if (element.type_name() == "Reference") {
    answer.add_copy("valueReference", element);
    return {};
  }
  if (!element || !fhir::is_resource(element.type()) || !element["id"]) return no_such(item);
  answer.add("valueReference").set("reference", fmt::format("{}/{}", element.type_name(), element["id"].value()));
  return {};
}

}  // namespace

Result<void> set_answer(Editor answer, Element item, const Item& value) {
  const std::string_view type = item["type"].value();
  if (type == "decimal" || type == "integer") return set_number(answer, item, value, type);
  if (type == "choice" || type == "open-choice") return set_choice(answer, item, value);
  if (type == "quantity") return set_quantity(answer, item, value);
  if (type == "reference") return set_reference(answer, item, value);
  const auto plain = std::find_if(kPlain.begin(), kPlain.end(), [&](const Plain& row) { return row.type == type; });
  std::string text = text_of(value);
  if (plain == kPlain.end() || text.empty()) return no_such(item);
  if (type == "boolean" && text != "true" && text != "false") return no_such(item);
  if (type == "date") text = text.substr(0, std::min<std::size_t>(text.size(), 10));
  answer.set(plain->element, text);
  return {};
}

}  // namespace varde::operation::forms
