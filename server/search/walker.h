#pragma once
/// @file server/search/walker.h
/// Runs a plan's steps: yields each match once, in order, from a position on, or against the order from one back. Of a
/// query of a moment (Query::past) what was current then.
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
    const storage::RangeRows* row;  ///< nullptr: `earlier` was current
    const Earlier* earlier;
    std::size_t step;
    const Position& at;
  };
  using Visit = std::function<bool(const Match&)>;
  /// Calls `visit` for each match behind the mark, until it returns false or the snapshot's budget is spent. Backward:
  /// for each before the mark, the last one first.
  void walk(const Mark* mark, const Visit& visit, Direction direction = Direction::forward) const;

 private:
  /// What was current at the query's moment and fits, with its entries.
  struct Before {
    const Earlier* earlier;
    Candidate candidate;
  };
  class Meeting;
  bool is_first_meeting(const Candidate& candidate, std::size_t step, const Position& at) const;
  bool fits(const Candidate& candidate, const Step& step) const;
  std::vector<Before> before() const;
  bool walk_step(std::size_t step, const Position* from, const std::vector<Before>& before, Direction direction,
                 const Visit& visit) const;

  const Query& query_;
  const Plan& plan_;
  const storage::Snapshot& snapshot_;
  const storage::Fetch fetch_;
  const std::size_t first_;
};

}  // namespace varde::search
