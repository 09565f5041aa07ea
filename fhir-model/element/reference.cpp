#include "fhir-model/element/reference.h"

#include <algorithm>

#include "fhir-model/element/target.h"

namespace varde::fhir {
namespace {

constexpr bool is_id_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

bool is_id_text(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_id_character);
}

/// Takes "/last" off the end of `rest`; the whole when there is no slash.
std::string_view take_last_segment(std::string_view& rest) {
  const std::size_t slash = rest.rfind('/');
  const std::string_view last = rest.substr(slash == std::string_view::npos ? 0 : slash + 1);
  rest = rest.substr(0, slash == std::string_view::npos ? 0 : slash);
  return last;
}

/// scheme ":" as RFC 3986 has it
std::size_t scheme_length(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return 0;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!is_letter(text[0])) return 0;
  for (const char c : text.substr(0, colon))
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.') return 0;
  return colon;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::ranges::equal(text.substr(0, lower.size()), lower, {}, [](char c) {
           return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c;
         });
}

}  // namespace

LiteralReference parse_reference(std::string_view text) {
  using Form = LiteralReference::Form;
  LiteralReference out;
  if (text.empty()) return out;
  if (text.front() == '#') return {Form::fragment, {}, TypeId::none, text.substr(1), {}};
  const std::size_t scheme = scheme_length(text);
  if (scheme > 0 && starts_with_ignoring_case(text, "urn:")) return {Form::urn, {}, TypeId::none, text.substr(4), {}};

  std::string_view rest = text.substr(0, text.find('#'));
  std::string_view last = take_last_segment(rest);
  std::string_view version, history = rest;
  const bool versioned = take_last_segment(history) == "_history";
  if (versioned) {
    version = last;
    rest = history;
    last = take_last_segment(rest);
  }
  const TypeId type = find_resource_type(take_last_segment(rest));
  const bool restful = type != TypeId::none && is_id_text(last) && (!versioned || is_id_text(version));
  if (scheme > 0) {
    if (!restful) return {Form::absolute, {}, TypeId::none, {}, {}};
    return {Form::absolute, rest, type, last, version};
  }
  if (!restful || !rest.empty() || text.front() == '/') return out;
  return {Form::relative, {}, type, last, version};
}

TypeId target_type(Element reference) {
  if (!reference) return TypeId::none;
  const bool literal = is_primitive(reference.type());
  const std::string_view text = literal ? reference.value() : reference["reference"].value();
  const LiteralReference parsed = parse_reference(text);
  if (parsed.type != TypeId::none) return parsed.type;
  const TypeId type = target_of(text, reference).type();
  return type != TypeId::none || literal ? type : find_resource_type(reference["type"].value());
}

}  // namespace varde::fhir
