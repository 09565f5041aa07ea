#pragma once
/// @file server/interaction/definitions.h
/// R4's own definitions for those who read and search them, behind what is stored here: a stored resource of the same
/// type and id stands in their place, deleted or not; in a search they come after the last stored match, by id, or with
/// _sort where their values place them.
/// They are of no patient, have no history, and cannot be referred to, from or by chains.
/// Source: fhir-model/package
#include <optional>

#include "server/interaction/route.h"
#include "server/storage/storage.h"

namespace varde::interaction {

/// As a version that were stored, the first of its kind; nothing where R4 has none of that id.
std::optional<storage::Version> definition_of(fhir::TypeId type, std::string_view id);

/// A search of a type: of what is stored, and then of R4's own where there are any.
Result<Response> search_with_definitions(const Request&, const View&, const Context&);

}  // namespace varde::interaction
