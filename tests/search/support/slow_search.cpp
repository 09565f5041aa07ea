#include "tests/search/support/slow_search.h"

#include <algorithm>
#include <array>

#include "fhir-model/time/span.h"
#include "server/search/fold.h"

namespace varde::test {
namespace {

using fhir::Element;
using fhir::SearchKind;
using search::fold;
using search::fold_case;

std::string_view type_of(Element element) { return fhir::row_of(element.type()).name; }

/// A prefix, and what stands behind it.
std::pair<std::string_view, std::string_view> parted(std::string_view value) {
  if (value.size() > 2 && value[0] >= 'a' && value[0] <= 'z') return {value.substr(0, 2), value.substr(2)};
  return {"eq", value};
}

/// In units of 10^-9, with half a unit of the last digit that is written.
struct Number {
  std::int64_t value = 0, half = 0;
};
std::optional<Number> number_in(std::string_view text) {
  if (text.empty() || text.size() > 12 || text.find_first_not_of("-0123456789.") != text.npos) return std::nullopt;
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  std::int64_t digits = 0, scale = 1'000'000'000;
  bool behind = false;
  for (const char c : text) {
    if (c == '.') {
      behind = true;
      continue;
    }
    digits = digits * 10 + (c - '0');
    if (behind) scale /= 10;
  }
  if (digits > 9'000'000 || scale < 10) return std::nullopt;
  return Number{(negative ? -1 : 1) * digits * scale, scale / 2};
}

std::optional<bool> fits_number(std::string_view value, std::string_view target_text) {
  const auto [prefix, written] = parted(value);
  const auto asked = number_in(written), target = number_in(target_text);
  if (!asked || !target) return std::nullopt;
  const bool within = target->value >= asked->value - asked->half && target->value < asked->value + asked->half;
  if (prefix == "eq") return within;
  if (prefix == "ne") return !within;
  if (prefix == "gt" || prefix == "sa") return target->value > asked->value;
  if (prefix == "lt" || prefix == "eb") return target->value < asked->value;
  if (prefix == "ge") return target->value >= asked->value;
  if (prefix == "le") return target->value <= asked->value;
  return std::nullopt;
}

/// [number]||[code]: the word as code or as unit
std::optional<bool> fits_quantity(std::string_view value, Element quantity) {
  if (!quantity["comparator"].value().empty()) return std::nullopt;
  const std::size_t bar = value.find("||");
  const auto number = fits_number(value.substr(0, bar), quantity["value"].value());
  if (!number || !*number || bar == value.npos) return number;
  const std::string_view word = value.substr(bar + 2);
  return quantity["code"].value() == word || quantity["unit"].value() == word;
}

bool fits_token(std::string_view value, std::string_view system, std::string_view code) {
  const std::size_t bar = value.find('|');
  if (bar == value.npos) return code == value;
  if (system != value.substr(0, bar)) return false;
  return bar + 1 == value.size() || code == value.substr(bar + 1);
}

std::optional<bool> fits_token(std::string_view value, Element element) {
  const std::string_view type = type_of(element);
  if (type == "Coding") return fits_token(value, element["system"].value(), element["code"].value());
  if (type == "Identifier") return fits_token(value, element["system"].value(), element["value"].value());
  if (type == "CodeableConcept") {
    for (const Element coding : element.each("coding"))
      if (fits_token(value, coding["system"].value(), coding["code"].value())) return true;
    return false;
  }
  const std::size_t bar = value.find('|');
  if (bar != value.npos && bar > 0) return false;  // none of the others has a system
  const std::string_view code = bar == value.npos ? value : value.substr(1);
  if (type == "ContactPoint") return fold_case(element["value"].value()) == fold_case(code);
  if (type == "string") return fold_case(element.value()) == fold_case(code);
  if (element.has_value()) return element.value() == code;
  return std::nullopt;
}

std::optional<bool> fits_string(std::string_view modifier, std::string_view value, Element element) {
  const auto one = [&](std::string_view text) {
    if (text.empty()) return false;
    if (modifier == "exact") return text == value;
    if (modifier == "contains") return fold(text).find(fold(value)) != std::string::npos;
    return fold(text).starts_with(fold(value));
  };
  if (element.has_value()) return one(element.value());
  const std::string_view type = type_of(element);
  std::vector<std::string_view> parts;
  if (type == "HumanName") parts = {"family", "given", "prefix", "suffix", "text"};
  if (type == "Address") parts = {"text", "line", "city", "district", "state", "postalCode", "country"};
  if (parts.empty()) return std::nullopt;
  for (const std::string_view part : parts)
    for (const Element child : element.each(part))
      if (one(child.value())) return true;
  return false;
}

/// Our own, Type/id.
std::optional<bool> fits_reference(std::string_view value, Element element) {
  if (type_of(element) != "Reference") {  // a canonical, a uri
    const std::string_view text = element.value();
    if (text.find('|') != text.npos || value.find('|') != value.npos) return std::nullopt;
    return text == value;
  }
  const std::string_view literal = element["reference"].value();
  if (element["identifier"] || literal.find("/_history/") != literal.npos) return std::nullopt;
  return literal == value;
}

/// What holds nothing to search by counts as missing: server/search/README.md.
bool says_something(const fhir::SearchParameterRow& parameter, Element element, const time::Zone& zone) {
  const SearchKind kind = parameter.kind;
  if (!element) return false;
  if (element.has_value()) return kind != SearchKind::date || time::read_span(element.value(), zone).has_value();
  const std::string_view type = type_of(element);
  // What is contained tells its type inside the resource alone.
  if (element["reference"].value().starts_with('#') &&
      parameter.expression.find("resolve() is") != std::string_view::npos)
    return false;
  if (type == "Reference") return !element["reference"].value().empty() || element["identifier"];
  if (type == "Period") {
    const auto start = time::read_span(element["start"].value(), zone),
               end = time::read_span(element["end"].value(), zone);
    return (start || end) && (!start || !end || start->begin < end->end);
  }
  if (type == "Timing")
    return element.count("event") > 0 || says_something(parameter, element["repeat"]["boundsPeriod"], zone);
  if (kind == SearchKind::reference) return false;  // an Attachment beside the Reference of a choice
  if (kind == SearchKind::quantity || kind == SearchKind::number)
    return !element["data"].value().empty() || !element["value"].value().empty() ||
           !element["low"]["value"].value().empty() || !element["high"]["value"].value().empty();
  if (kind == SearchKind::string) {
    for (const Element child : element.children())
      if (child.name() != "use" && child.name() != "type" && child.name() != "period" && child.has_value()) return true;
    return false;
  }
  return true;
}

std::string escaped(std::string_view text, std::string_view these) {
  std::string out;
  for (const char c : text) {
    if (these.find(c) != these.npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string Question::name() const { return std::string(parameter->code) + (modifier.empty() ? "" : ":" + modifier); }
std::string Question::text() const {
  // A bar parts a token and a quantity; elsewhere it is a letter.
  const bool bars = parameter->kind == SearchKind::token || parameter->kind == SearchKind::quantity;
  return escaped(value, bars ? ",$\\" : ",$\\|");
}

const fhir::Path& SlowSearch::path(const fhir::SearchParameterRow& parameter) const {
  auto known = paths_.find(&parameter);
  if (known == paths_.end())
    known = paths_.emplace(&parameter, fhir::Path::compile(parameter.expression).value()).first;
  return known->second;
}

std::vector<Element> SlowSearch::selected(const fhir::SearchParameterRow& parameter, Element resource) const {
  std::vector<Element> out;
  path(parameter).select(resource, out);
  return out;
}

std::optional<bool> SlowSearch::fits_date(std::string_view value, Element element) const {
  const auto [prefix, written] = parted(value);
  const auto asked = time::read_span(written, zone_);
  if (!asked) return std::nullopt;
  std::optional<time::Span> target;
  if (element.has_value()) {
    target = time::read_span(element.value(), zone_);
  } else if (type_of(element) == "Period") {
    const auto start = time::read_span(element["start"].value(), zone_),
               end = time::read_span(element["end"].value(), zone_);
    if (!start || !end || start->begin >= end->end) return std::nullopt;  // open ends: tests/search/value_test
    target = time::Span{start->begin, end->end};
  }
  if (!target) return std::nullopt;
  const bool within = target->begin >= asked->begin && target->end <= asked->end;
  if (prefix == "eq") return within;
  if (prefix == "ne") return !within;
  if (prefix == "gt") return target->end > asked->end;
  if (prefix == "lt") return target->begin < asked->begin;
  if (prefix == "ge") return within || target->end > asked->end;
  if (prefix == "le") return within || target->begin < asked->begin;
  if (prefix == "sa") return target->begin >= asked->end;
  if (prefix == "eb") return target->end <= asked->begin;
  return std::nullopt;
}

std::optional<bool> SlowSearch::fits(const Question& question, Element element) const {
  switch (question.parameter->kind) {
    case SearchKind::token: return fits_token(question.value, element);
    case SearchKind::string: return fits_string(question.modifier, question.value, element);
    case SearchKind::date: return fits_date(question.value, element);
    case SearchKind::number: return fits_number(question.value, element.value());
    case SearchKind::quantity: return fits_quantity(question.value, element);
    case SearchKind::reference: return fits_reference(question.value, element);
    case SearchKind::uri: return element.value() == question.value;
    default: return std::nullopt;
  }
}

std::optional<std::set<std::string>> SlowSearch::find(fhir::TypeId type, const Question& question) const {
  std::set<std::string> out;
  for (const fhir::Tree& tree : resources_) {
    const Element resource = tree.root();
    if (resource.type() != type) continue;
    bool any = false;
    if (path(*question.parameter).is_boolean()) {
      const auto value = path(*question.parameter).test(resource);
      any = value && question.value == (*value ? "true" : "false");
      if (question.modifier == "missing") return std::nullopt;
    } else {
      for (const Element element : selected(*question.parameter, resource)) {
        if (question.modifier == "missing") {
          any = any || says_something(*question.parameter, element, zone_);
          continue;
        }
        const auto fit = fits(question, element);
        if (!fit) return std::nullopt;
        any = any || *fit;
      }
    }
    const bool wanted = question.modifier == "not" || (question.modifier == "missing" && question.value == "true");
    if (any != wanted) out.emplace(resource["id"].value());
  }
  return out;
}

}  // namespace varde::test
