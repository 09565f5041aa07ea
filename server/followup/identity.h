#pragma once
/// @file server/followup/identity.h
/// National identity numbers of the people that are registered here: one with wrong control digits is nobody's, and
/// what names the person rightly would never find them.
/// Source: HIS 1001; norway/identity_number.h. Faults: business_rule, which names the element and not the number.
#include "server/followup/service.h"
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup {

/// Of a Patient, RelatedPerson, Person or Practitioner. A number that the version before has stays, so that all else in
/// it can be mended; what a message brings was checked when it came, by its own rules.
Result<void> check_numbers(const interaction::Act&, fhir::Element resource, fhir::Element previous,
                           Synthetic synthetic);

}  // namespace varde::followup
