#include "fhir-model/profile/value_sets.h"

#include <algorithm>

namespace varde::fhir::profile {
namespace {

using terminology::Membership;

constexpr int kDeepest = 8;  // value sets within value sets

std::string_view without_version(std::string_view canonical) { return canonical.substr(0, canonical.find('|')); }

bool lists(Element of, std::string_view code) {
  for (const Element concept_of : of.each("concept"))
    if (concept_of["code"].value() == code || lists(concept_of, code)) return true;
  return false;
}

/// All must hold.
Membership both(Membership a, Membership b) {
  if (a == Membership::out || b == Membership::out) return Membership::out;
  return a == Membership::in && b == Membership::in ? Membership::in : Membership::unknown;
}

/// Any may hold.
Membership either(Membership a, Membership b) {
  if (a == Membership::in || b == Membership::in) return Membership::in;
  return a == Membership::out && b == Membership::out ? Membership::out : Membership::unknown;
}

}  // namespace

void ValueSets::add(Element resource) {
  const std::string_view type = resource.type_name(), url = resource["url"].value();
  if (!url.empty() && (type == "ValueSet" || type == "CodeSystem"))
    by_url_.insert_or_assign(std::string(url), Tree::copy_of(resource));
}

Membership ValueSets::member(std::string_view value_set, std::string_view system, std::string_view code) const {
  return in_set(value_set, system, code, 0);
}

Membership ValueSets::member(std::string_view value_set, Element coded) const {
  if (by_url_.find(without_version(value_set)) == by_url_.end())
    return terminology::member(terminology::find_value_set(value_set), coded);
  if (is_primitive(coded.type())) return member(value_set, {}, coded.value());
  if (coded.type_name() != "CodeableConcept") return member(value_set, coded["system"].value(), coded["code"].value());
  Membership best = Membership::out;
  for (const Element coding : coded.each("coding")) best = either(best, member(value_set, coding));
  return best;
}

Membership ValueSets::in_set(std::string_view value_set, std::string_view system, std::string_view code,
                             int depth) const {
  const auto found = by_url_.find(without_version(value_set));
  if (found == by_url_.end()) return terminology::member(value_set, system, code);
  const Element set = found->second.root();
  if (set.type_name() != "ValueSet" || depth >= kDeepest) return Membership::unknown;
  const Membership excluded = in_any(set, "exclude", system, code, depth);
  if (excluded == Membership::in) return Membership::out;
  const Membership included = in_any(set, "include", system, code, depth);
  return included == Membership::in && excluded == Membership::unknown ? Membership::unknown : included;
}

Membership ValueSets::in_any(Element set, std::string_view name, std::string_view system, std::string_view code,
                             int depth) const {
  Membership out = Membership::out;
  for (const Element part : set["compose"].each(name)) out = either(out, in_part(part, system, code, depth));
  return out;
}

Membership ValueSets::in_part(Element part, std::string_view system, std::string_view code, int depth) const {
  Membership out = Membership::in;
  if (const Element of = part["system"]; of.has_value()) {
    if (!system.empty() && of.value() != system) return Membership::out;
    if (part["concept"])
      out = lists(part, code) ? Membership::in : Membership::out;
    else
      out = in_system(of.value(), code);
    if (part["filter"] && out != Membership::out) out = Membership::unknown;
  }
  for (const Element set : part.each("valueSet")) out = both(out, in_set(set.value(), system, code, depth + 1));
  return out;
}

Membership ValueSets::in_system(std::string_view system, std::string_view code) const {
  const auto found = by_url_.find(system);
  if (found == by_url_.end()) return terminology::in_system(terminology::find_code_system(system), code);
  const Element codes = found->second.root();
  if (codes.type_name() != "CodeSystem") return Membership::unknown;
  if (lists(codes, code)) return Membership::in;
  return codes["content"].value() == "complete" ? Membership::out : Membership::unknown;
}

}  // namespace varde::fhir::profile
