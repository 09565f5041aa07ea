#pragma once
/// @file fhir-model/profile/context.h
/// Whether an extension stands where its definition lets it stand.
/// Source: https://hl7.org/fhir/R4/defining-extensions.html#context
/// Pure; safe from any thread.
#include <string>

#include "fhir-model/profile/rule.h"

namespace varde::fhir::profile {

/// Empty when it may stand here; else a sentence that says where it may.
std::string misplaced(Element extension, const Profile& definition, const fhirpath::Environment& environment);

}  // namespace varde::fhir::profile
