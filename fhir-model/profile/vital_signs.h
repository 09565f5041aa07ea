#pragma once
/// @file fhir-model/profile/vital_signs.h
/// The profile that R4 means for an Observation because of its code: a body weight is one whether it claims the profile
/// or not. Source: https://hl7.org/fhir/R4/observation-vitalsigns.html, by LOINC code, or by the SNOMED CT code of the
/// same (which the profile then wants LOINC's beside). Pure; safe from any thread.
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::fhir::profile {

/// Empty for a resource that is no vital sign.
std::string_view vital_sign_profile(Element resource);
/// Whether it says of itself, by its category, that it is a vital sign.
bool claims_vital_sign(Element observation);

}  // namespace varde::fhir::profile
