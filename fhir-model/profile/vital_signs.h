#pragma once
/// @file fhir-model/profile/vital_signs.h
/// The profile that R4 holds an Observation to because of its code: a body weight is a body weight whether it claims
/// the profile or not. Source: https://hl7.org/fhir/R4/observation-vitalsigns.html ("SHALL conform", by LOINC code).
/// Pure; safe from any thread.
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::fhir::profile {

/// Empty for a resource that is no vital sign.
std::string_view vital_sign_profile(Element resource);

}  // namespace varde::fhir::profile
