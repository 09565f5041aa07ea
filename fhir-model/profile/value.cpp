#include "fhir-model/profile/value.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/fhirpath/decimal.h"

namespace varde::fhir::profile {
namespace {

bool same_text(Element value, Element wanted) {
  if (value.has_value() != wanted.has_value()) return false;
  if (value.value() == wanted.value()) return true;
  if (wanted.type_name() != "decimal") return false;
  const auto a = fhirpath::Decimal::parse(value.value()), b = fhirpath::Decimal::parse(wanted.value());
  return a && b && *a == *b;
}

/// The same element name; of a choice, the same alternative.
bool same_name(Element a, Element b) { return a.name() == b.name(); }

void describe(Element wanted, std::string_view prefix, std::string& out) {
  if (wanted.has_value()) {
    if (!out.empty()) out += ", ";
    fmt::format_to(std::back_inserter(out), "{}{}\"{}\"", prefix, prefix.empty() ? "" : " ", wanted.value());
  }
  for (const Element child : wanted.children())
    describe(child, prefix.empty() ? std::string(child.name()) : fmt::format("{}.{}", prefix, child.name()), out);
}

}  // namespace

bool is_fixed(Element value, Element fixed) {
  if (!same_text(value, fixed)) return false;
  auto a = value.children().begin(), b = fixed.children().begin();
  const auto end = Element::Range::iterator{};
  for (; a != end && b != end; ++a, ++b)
    if (!same_name(*a, *b) || !is_fixed(*a, *b)) return false;
  return a == end && b == end;
}

bool meets_pattern(Element value, Element pattern) {
  if (pattern.has_value() && !same_text(value, pattern)) return false;
  for (const Element part : pattern.children()) {
    bool met = false;
    for (const Element child : value.each(part.name())) met = met || meets_pattern(child, part);
    if (!met) return false;
  }
  return true;
}

std::string described(Element wanted) {
  std::string out;
  describe(wanted, "", out);
  return out;
}

}  // namespace varde::fhir::profile
