#pragma once
/// @file server/search/defined.h
/// A SearchParameter resource read as what it asks of the index, a row per base; what cannot be evaluated, or would
/// mean something else than it says, is refused with what to mend.
/// Source: https://hl7.org/fhir/R4/searchparameter.html
/// Faults: business_rule (expression: the element to mend).
#include <vector>

#include "fhir-model/element/element.h"
#include "server/search/own_parameters.h"

namespace varde::search {

/// Empty where it is not active, or says no more than R4 itself. `id`: its own. `held`: what is defined here already.
Result<std::vector<storage::ParameterRow>> parameters_defined_by(fhir::Element resource, std::string_view id,
                                                                 const OwnParameters& held);

}  // namespace varde::search
