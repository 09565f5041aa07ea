/// A search of several types: https://hl7.org/fhir/R4/http.html#search ("across multiple resource types")
#include <algorithm>

#include "server/search/find.h"
#include "server/search/include.h"
#include "server/search/plan.h"
#include "server/search/sorted.h"
#include "server/search/walker.h"
#include "server/storage/search/several.h"

namespace varde::search {
namespace {

using storage::Fetch;
using storage::Snapshot;

std::size_t total_of(const std::vector<Query>& queries, const Snapshot& snapshot) {
  std::size_t out = 0;
  for (const Query& one : queries) out += count_all(one, snapshot);
  return out;
}

/// The page may end where a type does: the next one begins with the first type that has a match.
Result<std::optional<Mark>> beginning_behind(const std::vector<Query>& queries, std::size_t part,
                                             const Snapshot& snapshot) {
  for (std::size_t next = part + 1; next < queries.size(); ++next) {
    const auto some = find_ids(queries[next], snapshot, 1);
    FHIR_TRY(some);
    if (!some->empty()) return std::optional(Mark{.part = next});
  }
  return std::optional<Mark>();
}

/// One type after the other.
Result<Found> find_in_turn(const std::vector<Query>& queries, const Snapshot& snapshot, const Mark* after) {
  Found out;
  std::size_t bytes = 0;
  const Query& first = queries.front();
  for (std::size_t part = after ? after->part : 0; part < queries.size(); ++part) {
    Query query = queries[part];
    query.total = false, query.includes.clear();
    query.count = first.count - out.hits.size(), query.page_bytes = first.page_bytes - bytes;
    const bool goes_on = after && after->part == part && !after->at.empty();
    auto found = find(query, snapshot, goes_on ? after : nullptr);
    FHIR_TRY(found);
    for (Hit& hit : found->hits) bytes += hit.bytes.size(), out.hits.push_back(std::move(hit));
    if (found->next) {
      out.next = std::move(found->next);
      out.next->part = part;
      return out;
    }
    if (out.hits.size() < first.count && bytes <= first.page_bytes) continue;
    auto next = beginning_behind(queries, part, snapshot);
    FHIR_TRY(next);
    out.next = std::move(*next);
    return out;
  }
  return out;
}

/// All types in one order. What sorts alike comes by key, in the direction that a walk by time has.
class InOrder {
 public:
  InOrder(const std::vector<Query>& queries, const Snapshot& snapshot, const Mark* after)
      : queries_(queries),
        snapshot_(snapshot),
        before_{queries.front().sort, queries.front().sort.front().descending},
        mark_(after ? std::optional(from_mark(after->at)) : std::nullopt),
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
    Walker(query, plan, snapshot_, Fetch::entries, query.count + 1)
        .walk(mark_ ? &from : nullptr, [&](const Walker::Match& match) {
          take(sorted_by(query, match.candidate));
          return ++taken <= query.count;
        });
  }
  void take(Sorted one) {
    if (!mark_ || before_(*mark_, one)) first_.add(std::move(one));
  }
  Found page() {
    Found out;
    const Query& query = queries_.front();
    const std::vector<Sorted> sorted = std::move(first_).in_order();
    std::vector<storage::ResourceKey> keys;
    keys.reserve(sorted.size());
    for (const Sorted& one : sorted) keys.push_back(one.key);
    auto versions = storage::versions_of(snapshot_, keys, query.page_bytes);
    std::size_t bytes = 0;
    const Sorted* last = nullptr;
    for (const Sorted& one : sorted) {
      if (out.hits.size() == query.count || (bytes > query.page_bytes && last)) {
        out.next = Mark{.gathered = true, .at = mark_of(*last)};
        break;
      }
      const auto found = versions.find(one.key);
      if (found == versions.end()) break;
      storage::Version& now = found->second;
      bytes += now.bytes.size();
      if (!snapshot_.budget().take(now.bytes.size())) break;
      out.hits.push_back({now.key, now.patient, now.id, now.version, now.updated, std::move(now.bytes), one.type});
      last = &one;
    }
    return out;
  }

  const std::vector<Query>& queries_;
  const Snapshot& snapshot_;
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

Result<Found> find_several(const std::vector<Query>& queries, const Snapshot& snapshot, const Mark* after) {
  if (queries.size() == 1) return find(queries.front(), snapshot, after);
  const Query& first = queries.front();
  Found out;
  if (!first.count_only && first.sort.empty()) {
    auto found = find_in_turn(queries, snapshot, after);
    FHIR_TRY(found);
    out = std::move(*found);
  } else if (!first.count_only) {
    out = InOrder(queries, snapshot, after).find();
  }
  if (first.total || first.count_only) out.total = total_of(queries, snapshot);
  if (const Query query = with_all_includes(queries); !query.includes.empty()) add_included(query, snapshot, out);
  FHIR_TRY(snapshot.budget().within());
  return out;
}

}  // namespace varde::search
