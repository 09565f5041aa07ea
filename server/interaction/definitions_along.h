#pragma once
/// @file server/interaction/definitions_along.h
/// _include and _revinclude where R4's own definitions stand on one side: what a page's matches name among them, and
/// what of theirs, or of what is stored, names a match that is R4's. What is stored on both sides, the search itself
/// sends along. Source: https://hl7.org/fhir/R4/search.html#revinclude
/// Faults: too_costly, where more is named than goes with a page.
#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/interaction/request.h"
#include "server/search/query.h"

namespace varde::interaction {

/// `bundle`: a page with its matches, and what the search itself sent along.
Result<void> add_along(fhir::Editor bundle, const search::Query& query, const Request& request, const View& view);

}  // namespace varde::interaction
