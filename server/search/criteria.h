#pragma once
/// @file server/search/criteria.h
/// One `name=value` of a query text as a Criterion: modifiers, lists, chains.
#include "server/search/criterion.h"
#include "server/search/query.h"

namespace varde::search {

/// `name` with its modifier: "code", "code:not", "patient.identifier", "subject:Patient.name".
Result<Criterion> make_criterion(fhir::TypeId type, std::string_view name, std::string_view text, const Asking& asking);

/// `text`: "true" for resources without it, "false" for those with it.
Result<Criterion> missing(Criterion criterion, std::string_view text);

}  // namespace varde::search
