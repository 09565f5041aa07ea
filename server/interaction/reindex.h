#pragma once
/// @file server/interaction/reindex.h
/// What stored resources are found by, made anew where it was made by other rules than this build's in this zone.
/// Runs before anybody searches: half an index would answer wrongly. Started again after a crash, it begins anew.
#include "server/interaction/store.h"

namespace varde::interaction {

/// How many resources had to be indexed anew.
std::size_t reindex_where_rules_changed(storage::Database& database, const Store& store);

}  // namespace varde::interaction
