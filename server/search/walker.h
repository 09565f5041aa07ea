#pragma once
/// @file server/search/walker.h
/// Runs a plan's steps: yields each match once, in order, from a position on.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/search/plan.h"
#include "server/storage/search/rows.h"

namespace varde::search {

class Walker {
 public:
  /// `first`: so many matches will be enough, 0: all are wanted.
  Walker(const Query& query, const Plan& plan, const storage::Snapshot& snapshot,
         storage::Fetch fetch = storage::Fetch::entries, std::size_t first = 0)
      : query_(query), plan_(plan), snapshot_(snapshot), fetch_(fetch), first_(first) {}

  /// A match where the walk stands. Valid until the visitor returns.
  struct Match {
    const Candidate& candidate;
    const storage::RangeRows& row;
    std::size_t step;
    const Position& at;
  };
  /// Calls `visit` for each match behind `after`, until it returns false or the snapshot's budget is spent.
  void walk(const Mark* after, const std::function<bool(const Match&)>& visit) const;

 private:
  bool is_first_meeting(const Candidate& candidate, std::size_t step, const Position& at) const;

  const Query& query_;
  const Plan& plan_;
  const storage::Snapshot& snapshot_;
  const storage::Fetch fetch_;
  const std::size_t first_;
};

}  // namespace varde::search
