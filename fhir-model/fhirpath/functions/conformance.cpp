/// https://hl7.org/fhir/R4/fhirpath.html#functions: conformsTo, memberOf, htmlChecks
#include <algorithm>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/validation/xhtml.h"

namespace varde::fhirpath::functions {
namespace {

constexpr std::string_view kBaseProfile = "http://hl7.org/fhir/StructureDefinition/";

/// By FHIR's own code lists, which know codes but not their systems.
std::optional<bool> is_listed(std::string_view value_set, std::string_view code) {
  const std::int16_t binding = fhir::find_value_set(value_set);
  if (binding < 0) return std::nullopt;
  return std::ranges::binary_search(fhir::required_codes(binding), code);
}

/// A code whose system the place implies.
std::optional<bool> is_code_member(const Call& call, std::string_view code, std::string_view value_set) {
  const auto& ask = call.run.environment().member_of;
  const auto answer = ask ? ask(value_set, {}, code) : std::nullopt;
  return answer ? answer : is_listed(value_set, code);
}

/// code, Coding or CodeableConcept; nullopt when it cannot be told.
std::optional<bool> is_member(const Call& call, Element coded, std::string_view value_set) {
  const auto& ask = call.run.environment().member_of;
  if (fhir::is_primitive(coded.type())) return is_code_member(call, coded.value(), value_set);
  if (!ask) return std::nullopt;
  if (coded.type_name() != "CodeableConcept") return ask(value_set, coded["system"].value(), coded["code"].value());
  std::optional<bool> found = false;
  for (const Element coding : coded.each("coding")) {
    const auto one = is_member(call, coding, value_set);
    if (one == true) return true;
    if (!one) found = std::nullopt;
  }
  return found;
}

}  // namespace

Collection conforms_to(Call& call) {
  const Item* item = call.only();
  const auto profile = call.string(0);
  if (!item || !profile) return {};
  const Element element = item->element();
  if (profile->starts_with(kBaseProfile)) {
    const TypeId type = fhir::find_type(std::string_view(*profile).substr(kBaseProfile.size()));
    if (type != TypeId::none) return {element && fhir::derives_from(element.type(), type)};
  }
  const auto& ask = call.run.environment().conforms_to;
  const auto answer = ask ? ask(element, *profile) : std::nullopt;
  if (!answer) call.fail("conformsTo() names a profile that is not known here");
  return answer ? Collection{*answer} : Collection{};
}

Collection member_of(Call& call) {
  const Item* item = call.only();
  const auto value_set = call.string(0);
  if (!item || !value_set) return {};
  std::optional<bool> answer;
  if (const Element element = item->element())
    answer = is_member(call, element, *value_set);
  else if (const auto code = item->string())
    answer = is_code_member(call, *code, *value_set);
  return answer ? Collection{*answer} : Collection{};
}

Collection html_checks(Call& call) {
  const Item* item = call.only();
  const auto text = item ? item->string() : std::nullopt;
  return text ? Collection{fhir::is_narrative_xhtml(*text)} : Collection{};
}

}  // namespace varde::fhirpath::functions
