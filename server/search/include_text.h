#pragma once
/// @file server/search/include_text.h
/// The text of _include and _revinclude: `[type]:[reference parameter]`, a target type behind it, or `*`.
/// Source: https://hl7.org/fhir/R4/search.html#revinclude
/// Faults: parameter_malformed.
#include "server/search/query.h"

namespace varde::search {

Result<void> take_include(std::string_view text, Query& query, const Asking& asking);
Result<void> take_revinclude(std::string_view text, Query& query, const Asking& asking);
Result<void> take_include_iterated(std::string_view text, Query& query, const Asking& asking);
Result<void> take_revinclude_iterated(std::string_view text, Query& query, const Asking& asking);

}  // namespace varde::search
