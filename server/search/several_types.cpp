/// A search of several types: https://hl7.org/fhir/R4/http.html#search ("across multiple resource types")
#include <algorithm>
#include <iterator>

#include "server/search/find.h"
#include "server/search/include.h"
#include "server/search/plan.h"
#include "server/search/sorted.h"
#include "server/search/walker.h"

namespace varde::search {
namespace {

using storage::Fetch;
using storage::Snapshot;

std::size_t total_of(const std::vector<Query>& queries, const Snapshot& snapshot) {
  std::size_t out = 0;
  for (const Query& one : queries) out += count_all(one, snapshot);
  return out;
}

/// The page may end where a type does: its neighbour begins with the first type that has a match, in that direction.
Result<std::optional<Mark>> beside(const std::vector<Query>& queries, std::size_t part, Direction direction,
                                   const Snapshot& snapshot) {
  const bool forward = direction == Direction::forward;
  while (forward ? ++part < queries.size() : part-- > 0) {
    const auto some = find_ids(queries[part], snapshot, 1);
    FHIR_TRY(some);
    if (!some->empty()) return std::optional(Mark{.part = part});
  }
  return std::optional<Mark>();
}

/// One type after the other.
class InTurn {
 public:
  InTurn(const std::vector<Query>& queries, const Snapshot& snapshot, const Mark* mark, Direction direction)
      : queries_(queries), snapshot_(snapshot), mark_(mark), direction_(direction) {}

  Result<Found> find() {
    const bool forward = direction_ == Direction::forward;
    const std::size_t begin = mark_ ? mark_->part : forward ? 0 : queries_.size() - 1;
    for (std::size_t i = begin; i < queries_.size(); forward ? ++i : --i) {  // backward it ends below 0
      auto whole = take(i);
      FHIR_TRY(whole);
      if (*whole) return std::move(out_);
    }
    return std::move(out_);
  }

 private:
  /// Whether the page is whole with it.
  Result<bool> take(std::size_t part) {
    const Query& first = queries_.front();
    Query query = queries_[part];
    query.total = false, query.includes.clear();
    query.count = first.count - out_.hits.size(), query.page_bytes = first.page_bytes - bytes_;
    const bool goes_on = mark_ && mark_->part == part && !mark_->at.empty();
    auto found = search::find(query, snapshot_, goes_on ? mark_ : nullptr, direction_);
    FHIR_TRY(found);
    for (auto* mark : {&found->next, &found->previous})
      if (*mark) (*mark)->part = part;
    auto& onward = direction_ == Direction::forward ? found->next : found->previous;
    auto& back = direction_ == Direction::forward ? found->previous : found->next;
    if (!back_mark() && back) back_mark() = std::move(back);
    for (const Hit& hit : found->hits) bytes_ += hit.bytes.size();
    out_.hits.insert(direction_ == Direction::forward ? out_.hits.end() : out_.hits.begin(),
                     std::make_move_iterator(found->hits.begin()), std::make_move_iterator(found->hits.end()));
    if (onward) {
      onward_mark() = std::move(onward);
      return true;
    }
    if (out_.hits.size() < first.count && bytes_ <= first.page_bytes) return false;
    auto next = beside(queries_, part, direction_, snapshot_);
    FHIR_TRY(next);
    onward_mark() = std::move(*next);
    return true;
  }
  std::optional<Mark>& onward_mark() { return direction_ == Direction::forward ? out_.next : out_.previous; }
  std::optional<Mark>& back_mark() { return direction_ == Direction::forward ? out_.previous : out_.next; }

  const std::vector<Query>& queries_;
  const Snapshot& snapshot_;
  const Mark* mark_;
  const Direction direction_;
  Found out_;
  std::size_t bytes_ = 0;
};

/// All types in one order. What sorts alike comes by key, in the direction that a walk by time has.
class InOrder {
 public:
  InOrder(const std::vector<Query>& queries, const Snapshot& snapshot, const Mark* mark, Direction direction)
      : queries_(queries),
        snapshot_(snapshot),
        direction_(direction),
        before_{queries.front().sort, queries.front().sort.front().descending, direction},
        mark_(mark ? std::optional(from_mark(mark->at)) : std::nullopt),
        first_(before_, queries.front().count + 1) {}

  Found find() {
    for (const Query& query : queries_) {
      if (snapshot_.budget().is_spent()) return {};
      add(query);
    }
    return page();
  }

 private:
  void add(const Query& query) {
    const Plan plan = make_plan(query, snapshot_, nullptr);
    const bool by_time = query.sort.size() == 1 && query.sort.front().parameter->code == "_lastUpdated";
    if (!plan.gather && by_time) return walk(query, plan);
    Query unsorted = query;
    if (!plan.gather) unsorted.sort.clear();
    const Plan all = plan.gather ? plan : make_plan(unsorted, snapshot_, nullptr);
    Walker(unsorted, all, snapshot_).walk(nullptr, [&](const Walker::Match& match) {
      take(sorted_by(query, match.candidate));
      return true;
    });
  }
  /// The type's rows come by time: a page's worth behind the mark is enough.
  void walk(const Query& query, const Plan& plan) {
    Mark from;
    if (mark_ && mark_->by.front()) from.at = {*mark_->by.front(), static_cast<std::int64_t>(mark_->key)};
    std::size_t taken = 0;
    const auto visit = [&](const Walker::Match& match) {
      take(sorted_by(query, match.candidate));
      return ++taken <= query.count;
    };
    Walker(query, plan, snapshot_, Fetch::entries, query.count + 1).walk(mark_ ? &from : nullptr, visit, direction_);
  }
  void take(Sorted one) {
    if (!mark_ || before_(*mark_, one)) first_.add(std::move(one));
  }
  Found page() {
    Found out;
    const Query& query = queries_.front();
    const std::vector<Sorted> sorted = std::move(first_).in_order();
    VersionsOfPage versions(query, snapshot_, sorted);
    std::size_t bytes = 0;
    for (const Sorted& one : sorted) {
      if (out.hits.size() == query.count || (bytes > query.page_bytes && !out.hits.empty())) break;
      auto version = versions.take(one);
      if (!version) break;
      bytes += version->bytes.size();
      if (!snapshot_.budget().take(version->bytes.size())) break;
      out.hits.push_back(hit_of(one.type, std::move(*version)));
    }
    if (out.hits.empty()) return out;
    const std::size_t taken = out.hits.size();
    std::optional<Mark> first = Mark{.gathered = true, .at = mark_of(sorted.front())};
    std::optional<Mark> last = Mark{.gathered = true, .at = mark_of(sorted[taken - 1])};
    put_in_order(out, direction_, std::move(first), std::move(last), taken < sorted.size());
    return out;
  }

  const std::vector<Query>& queries_;
  const Snapshot& snapshot_;
  const Direction direction_;
  const Before before_;
  const std::optional<Sorted> mark_;
  FirstOfAll first_;
};

/// What any of them names is sent along.
Query with_all_includes(const std::vector<Query>& queries) {
  Query out = queries.front();
  for (const Query& query : queries)
    for (const Include& include : query.includes)
      if (std::ranges::find(out.includes, include) == out.includes.end()) out.includes.push_back(include);
  return out;
}

}  // namespace

Result<Found> find_several(const std::vector<Query>& queries, const Snapshot& snapshot, const Mark* mark,
                           Direction direction) {
  if (queries.size() == 1) return find(queries.front(), snapshot, mark, direction);
  const Query& first = queries.front();
  Found out;
  if (!first.count_only && first.sort.empty()) {
    auto found = InTurn(queries, snapshot, mark, direction).find();
    FHIR_TRY(found);
    out = std::move(*found);
  } else if (!first.count_only) {
    out = InOrder(queries, snapshot, mark, direction).find();
  }
  if (first.total || first.count_only) out.total = total_of(queries, snapshot);
  if (const Query query = with_all_includes(queries); !query.includes.empty()) add_included(query, snapshot, out);
  FHIR_TRY(snapshot.budget().within());
  return out;
}

}  // namespace varde::search
