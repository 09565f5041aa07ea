#pragma once
/// @file server/interaction/condition.h
/// "The one resource that matches": what conditional interactions and conditional references ask for.
/// Source: https://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #3.1.0.7.2
#include <optional>
#include <string>
#include <vector>

#include "server/interaction/act.h"
#include "server/interaction/request.h"

namespace varde::interaction {

/// Criteria as text: "identifier=http://example.org|1", a question mark before it or not. Faults: parameter_malformed.
Result<Parameters> parse_condition(std::string_view text);

/// nullopt: none matches. Faults: version_conflict (412: several match), parameter_unknown and the like, and
/// parameter_malformed where there is no criterion at all.
Result<std::optional<std::string>> find_one(fhir::TypeId type, const Parameters& criteria, std::string_view base,
                                            const View& view);
/// All that match. Faults: as above, and version_conflict where more than `most` do.
Result<std::vector<std::string>> find_all(fhir::TypeId type, const Parameters& criteria, std::string_view base,
                                          const View& view, std::size_t most);
/// As find_one, for criteria as text.
Result<std::optional<std::string>> find_one(fhir::TypeId type, std::string_view criteria, std::string_view base,
                                            const View& view);

}  // namespace varde::interaction
