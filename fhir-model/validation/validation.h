#pragma once
/// @file fhir-model/validation/validation.h
/// Base rules of R4 on an element tree: cardinality, primitive formats, choice types, required codes, references'
/// form, contained resources. (Names and JSON kinds are already checked by the codecs.)
/// Source: https://hl7.org/fhir/R4/validation.html, https://hl7.org/fhir/R4/datatypes.html
/// Faults: required_missing, cardinality, value_malformed, code_invalid, invariant, reference_unresolved (a contained
///         resource that is not there). Pure; safe from any thread.
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/validation/findings.h"

namespace varde::fhir {

/// Every violation, in document order; empty when valid. With Report::everything warnings and information follow, which
/// refuse nothing: see Failure::severity.
/// `budget`: of the request that asks; once it is spent the rest is not looked at, and the caller must ask it.
std::vector<Failure> validate(Element resource, Report report = Report::errors, Budget* budget = nullptr);
/// The same, for others to add to: profiles have more to say of the same resource.
void check_base(Findings& findings);
/// The first with the others in `also`; there must be one.
Failure as_one(std::vector<Failure> failures);
/// The same as a Result: the first violation with the others in `also`.
/// Faults: too_costly, where there is a budget.
Result<void> require_valid(Element resource, Budget* budget = nullptr);
/// https://hl7.org/fhir/R4/datatypes.html#id
bool is_id(std::string_view text);

}  // namespace varde::fhir
