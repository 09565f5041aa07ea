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

/// The criteria alone of a condition as text: "identifier=urn:x|1", "?identifier=urn:x|1" or, as a search of the type
/// that is written, "Patient?identifier=urn:x|1".
std::string_view criteria_text(fhir::TypeId type, std::string_view text);
/// The same, read. Faults: parameter_malformed.
Result<Parameters> parse_condition(fhir::TypeId type, std::string_view text);

/// nullopt: none matches. Faults: version_conflict (412: several match), parameter_unknown and the like, and
/// parameter_malformed where there is no criterion at all.
Result<std::optional<std::string>> find_one(fhir::TypeId type, const Parameters& criteria, std::string_view base,
                                            const View& view);
/// All that match. Faults: as above, and version_conflict where more than `most` do.
Result<std::vector<std::string>> find_all(fhir::TypeId type, const Parameters& criteria, std::string_view base,
                                          const View& view, std::size_t most);
/// An update under a condition that nothing meets makes the resource under the id that it was sent with, so that id
/// must be free: what stands there is not what the condition asks for, and would be written over. Source:
/// https://hl7.org/fhir/R4/http.html#upsert ("to a location that does not yet exist"). Faults: resource_conflict.
Result<void> refuse_taken_id(fhir::TypeId type, std::string_view id, const View& view);
/// As find_one, for criteria as text.
Result<std::optional<std::string>> find_one(fhir::TypeId type, std::string_view criteria, std::string_view base,
                                            const View& view);

}  // namespace varde::interaction
