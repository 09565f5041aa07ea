#pragma once
/// @file fhir-model/profile/holding.h
/// One element, and what is inside it, held to the rules of a profile.
/// Source: https://hl7.org/fhir/R4/elementdefinition.html
#include "fhir-model/profile/knowing.h"
#include "fhir-model/profile/rule.h"
#include "fhir-model/validation/findings.h"

namespace varde::fhir::profile {

/// Whether the element meets the rules. `findings` nullptr: only the answer is wanted, and the first violation ends the
/// search. `strongest`: how bad a violation is at most.
bool hold(Run& run, Element at, const Rule& rule, Findings* findings = nullptr, Severity strongest = Severity::error);

}  // namespace varde::fhir::profile
