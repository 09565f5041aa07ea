#pragma once
/// @file server/search/include.h
/// _include and _revinclude: what a page's hits point to, and what points to them.
/// Source: https://hl7.org/fhir/R4/search.html#revinclude
#include "server/search/find.h"

namespace varde::search {

/// At most this many resources are sent along with a page; a page of its own takes what is left (Found::included_next).
inline constexpr std::size_t kMostIncluded = 1000;

void add_included(const Query& query, const storage::Snapshot& snapshot, Found& found);

}  // namespace varde::search
