#pragma once
/// @file server/search/plan.h
/// Which index ranges answer a query, in which order. A plan never depends on what a page found, only on the query and
/// on counts that stop early, and a Mark pins it for the pages that follow.
#include <vector>

#include "server/search/find.h"
#include "server/search/query.h"
#include "server/search/ranges.h"
#include "server/storage/search/condition.h"

namespace varde::search {

/// Ranges that are walked side by side, merged in their common order; one range in the plain case.
struct Step {
  std::vector<Range> ranges;
  bool without_sort_value = false;  ///< only resources that the sort parameter says nothing about: they come last
};

struct Plan {
  bool gather = false;     ///< all candidates, then sorted; else the steps come in the order asked for
  std::size_t driver = 0;  ///< which criterion is walked, and how, as a Mark carries it
  std::vector<Step> steps;
  /// What the engine is to ask of each resource on the way: what entries cannot tell, and what it answers by a probe.
  std::optional<storage::Condition> filter;
};

Plan make_plan(const Query& query, const storage::Snapshot& snapshot, const Mark* after);

/// How many resources match, by one statement; nullopt where that has to be judged by entries.
std::optional<std::size_t> count_stated(const Query& query, const storage::Snapshot& snapshot);

}  // namespace varde::search
