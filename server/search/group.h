#pragma once
/// @file server/search/group.h
/// Criteria joined by and, or, not. Where all of them can be said in storage's words the engine answers the whole; else
/// a resource's entries tell, and then no part may be one that only the engine can answer.
#include <optional>
#include <vector>

#include "server/search/criterion.h"
#include "server/search/query.h"

namespace varde::search {

/// Ready to be searched by; nullopt where one part is only the engine's to answer and another only the entries': make
/// the parts again with Asking::lists.
std::optional<Criterion> settled(Criterion group, fhir::TypeId type, const Asking& asking);
std::optional<Criterion> settled(Criterion::Of of, std::vector<Criterion> parts, fhir::TypeId type,
                                 const Asking& asking);

}  // namespace varde::search
