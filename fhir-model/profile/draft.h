#pragma once
/// @file fhir-model/profile/draft.h
/// A StructureDefinition's list of elements becomes a tree of rules, laid upon those of its base.
/// Source: https://hl7.org/fhir/R4/profiling.html#snapshot, https://hl7.org/fhir/R4/elementdefinition.html#id
/// Faults: required_missing, value_malformed, not_supported. Pure; safe from any thread.
#include "fhir-model/fault/fault.h"
#include "fhir-model/profile/rule.h"

namespace varde::fhir::profile {

/// `root`: the base's rules, or a rule with only the type's name. `elements`: a differential or snapshot.
/// `source`: the profile's url. Constraints that a snapshot repeats from R4 itself are left out.
Result<void> lay(Rule& root, Element elements, std::string_view source);

/// "code.coding", "resolve().code", "value.ofType(Quantity)", "extension('url').value", "$this".
Result<std::vector<Step>> parse_discriminator(std::string_view path);

}  // namespace varde::fhir::profile
