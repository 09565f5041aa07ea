#pragma once
/// @file fhir-model/profile/check.h
/// A resource held to profiles: those that are asked for and those that its meta.profile claims; and every extension
/// held to its definition, when that is known.
/// Source: https://hl7.org/fhir/R4/profiling.html, https://hl7.org/fhir/R4/validation.html#profiles
/// Faults: as validate(); cardinality and required_missing by profile, invariant, code_invalid, value_malformed,
///         business_rule (an extension out of its context), not_supported (a profile that cannot be used).
/// Pure; safe from any thread.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/profile/profiles.h"
#include "fhir-model/validation/findings.h"

namespace varde::fhir {

/// Profiles that a resource is held to beyond its own claims.
struct Asked {
  std::vector<std::string> profiles = {};  ///< canonicals
  bool vital_signs =
      false;  ///< tell Observations with a vital sign's LOINC code what R4's profile of it misses: warnings
};

/// The base rules of R4 and the profiles, all findings in document order. Of a profile that is asked for and not known
/// there is an error; of one that is only claimed, a warning. `budget`: see validation.h.
std::vector<Failure> validate(Element resource, const Profiles& known, const Asked& asked,
                              Report report = Report::errors, Budget* budget = nullptr);

/// What the profiles have to say alone, for a resource whose base rules have been checked.
void check_profiles(Findings& findings, const Profiles& known, const Asked& asked);

/// For FHIRPath: conformsTo(), slice() and memberOf() with these profiles. `known` outlives it.
fhirpath::Environment environment_with(const Profiles& known);

/// Whether an element meets one profile; nullopt when that is not known here or cannot be used.
std::optional<bool> conforms(Element element, std::string_view canonical, const Profiles& known);

}  // namespace varde::fhir
