#include "fhir-model/profile/value_sets.h"

#include "fhir-model/terminology/compose.h"

namespace varde::fhir::profile {

using terminology::Membership;

void ValueSets::add(Element resource) {
  const std::string_view type = resource.type_name(), url = resource["url"].value();
  if (!url.empty() && (type == "ValueSet" || type == "CodeSystem"))
    by_url_.insert_or_assign(std::string(url), Tree::copy_of(resource));
}

Element ValueSets::find(std::string_view canonical) const {
  const auto found = by_url_.find(canonical.substr(0, canonical.find('|')));
  return found == by_url_.end() ? Element{} : found->second.root();
}

Membership ValueSets::member(std::string_view value_set, std::string_view system, std::string_view code,
                             Budget* budget) const {
  const Element written = find(value_set);
  if (!written) return terminology::member(value_set, system, code);
  return terminology::member(
      written, system, code, [this](std::string_view canonical) { return find(canonical); }, budget);
}

Membership ValueSets::member(std::string_view value_set, Element coded, Budget* budget) const {
  if (!find(value_set)) return terminology::member(terminology::find_value_set(value_set), coded);
  if (is_primitive(coded.type())) return member(value_set, {}, coded.value(), budget);
  if (coded.type_name() != "CodeableConcept")
    return member(value_set, coded["system"].value(), coded["code"].value(), budget);
  Membership best = Membership::out;
  for (const Element coding : coded.each("coding")) {
    const Membership one = member(value_set, coding, budget);
    if (one == Membership::in) return one;
    if (one == Membership::unknown) best = one;
  }
  return best;
}

}  // namespace varde::fhir::profile
