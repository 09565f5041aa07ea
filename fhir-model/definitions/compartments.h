#pragma once
/// @file fhir-model/definitions/compartments.h
/// The five compartments of R4 and the search parameters that place a resource in them.
/// Source: https://hl7.org/fhir/R4/compartmentdefinition.html and the page of each
#include <span>
#include <string_view>

#include "fhir-model/definitions/definitions.h"

namespace varde::fhir {

/// Patient, Encounter, RelatedPerson, Practitioner, Device.
std::span<const TypeId> compartments();
/// A resource of `type` that refers to the compartment's own resource by one of them is in it; empty: none is.
std::span<const std::string_view> compartment_parameters(TypeId compartment, TypeId type);

}  // namespace varde::fhir
