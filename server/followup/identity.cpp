#include "server/followup/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "norway/identifiers.h"
#include "norway/identity_number.h"

namespace varde::followup {
namespace {

constexpr std::array<std::string_view, 4> kPeople{"Patient", "RelatedPerson", "Person", "Practitioner"};

/// The only one of our rooms that brings what others wrote, as they wrote it.
bool is_our_own(const access::Principal& principal) {
  return principal.kind == access::Principal::Kind::ourselves && principal.id != "import";
}

bool has(fhir::Element resource, fhir::Element identifier) {
  for (const auto each : resource.each("identifier"))
    if (each["system"].value() == identifier["system"].value() && each["value"].value() == identifier["value"].value())
      return true;
  return false;
}

}  // namespace

Result<void> check_numbers(const interaction::Act& act, fhir::Element resource, fhir::Element previous,
                           Synthetic synthetic) {
  if (std::ranges::find(kPeople, resource.type_name()) == kPeople.end() || is_our_own(act.principal())) return {};
  for (const auto identifier : resource.each("identifier")) {
    const auto system = identifier["system"].value(), number = identifier["value"].value();
    if (number.empty() || !norway::is_person_number(system)) continue;
    const auto* kind = norway::identifier_kind_of_system(system);
    const bool is_valid = norway::is_valid_number(kind->code, number);
    if (is_valid && (synthetic == Synthetic::take || !norway::is_synthetic(number))) continue;
    if (previous && has(previous, identifier)) continue;
    if (is_valid)
      return fail(Fault::business_rule,
                  fmt::format("{} gjelder en syntetisk person, og denne tjenesten har bare virkelige pasienter (the "
                              "number is a synthetic person's; this service has real patients only)",
                              kind->display),
                  identifier["value"].path());
    return fail(Fault::business_rule,
                fmt::format("{} er ikke gyldig: kontroller antall siffer og kontrollsifrene (the national identity "
                            "number is not valid: check its length and control digits)",
                            kind->display),
                identifier["value"].path());
  }
  return {};
}

}  // namespace varde::followup
