#pragma once
/// @file server/search/compartment.h
/// All that belongs to one Patient, Encounter, RelatedPerson, Practitioner or Device, as a criterion.
/// Source: https://hl7.org/fhir/R4/compartmentdefinition.html
#include <string>

#include "server/search/criterion.h"

namespace varde::search {

/// `Patient/1`; no id: none.
struct Compartment {
  fhir::TypeId type = fhir::TypeId::none;
  std::string id = {};
};

/// Whether resources of that type may be in it.
bool is_in_compartment(fhir::TypeId compartment, fhir::TypeId type);
/// The compartment's own resource belongs to it.
Criterion compartment_criterion(const Compartment& compartment, fhir::TypeId type);

}  // namespace varde::search
