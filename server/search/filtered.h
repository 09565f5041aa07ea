#pragma once
/// @file server/search/filtered.h
/// A _filter as criteria of a type: each comparison is what the kind of its parameter makes of it.
/// Source: https://hl7.org/fhir/R4/search_filter.html
/// Faults: parameter_malformed, parameter_unknown, not_supported; all name the character.
#include <string_view>
#include <vector>

#include "server/search/criterion.h"
#include "server/search/query.h"

namespace varde::search {

/// All of them must be fitted.
Result<std::vector<Criterion>> criteria_of_filter(fhir::TypeId type, std::string_view text, const Asking& asking);

}  // namespace varde::search
