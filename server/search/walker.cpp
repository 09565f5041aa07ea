#include "server/search/walker.h"

#include <algorithm>

namespace varde::search {
namespace {

struct Stream {
  storage::RangeRows rows;
  Position at;
  bool live = false;

  void advance() {
    live = rows.next();
    if (live) at = rows.position();
  }
};

bool has_sort_value(const Query& query, const Candidate& candidate) {
  const Parameter& parameter = *query.sort[0].parameter;
  return std::ranges::any_of(candidate.entries, [&](const storage::IndexEntry& entry) {
    return std::ranges::find(parameter.keys, entry.parameter) != parameter.keys.end() ||
           std::ranges::find(parameter.long_keys, entry.parameter) != parameter.long_keys.end();
  });
}

bool may_be_found(const Query& query, storage::PatientKey patient) {
  return !query.restriction || query.restriction->may_admit(query.type, patient);
}

/// What judging one candidate takes beside reading it, per entry it has: each criterion's keys and values are looked
/// through, and so are the ranges that the walk has behind it.
std::size_t looks_of(const Criterion& criterion) {
  std::size_t looks = 1 + criterion.keys.size() + criterion.long_keys.size() + criterion.values.size();
  for (const auto& parts : criterion.composites)
    for (const Criterion& part : parts) looks += looks_of(part);
  for (const Criterion& part : criterion.parts) looks += looks_of(part);
  return looks;
}
std::size_t looks_per_entry(const Query& query) {
  std::size_t looks = 1;
  for (const Criterion& criterion : query.criteria) looks += looks_of(criterion);
  return looks;
}
constexpr std::size_t kLooksPerStep = 64;

}  // namespace

bool Walker::is_first_meeting(const Candidate& candidate, std::size_t step, const Position& at) const {
  for (std::size_t earlier = 0; earlier < step; ++earlier) {
    if (plan_.steps[earlier].without_sort_value != plan_.steps[step].without_sort_value) continue;
    for (const Range& range : plan_.steps[earlier].ranges)
      if (range.holds(candidate)) return false;
  }
  return std::ranges::none_of(plan_.steps[step].ranges,
                              [&](const Range& range) { return range.met_before(candidate, at); });
}

void Walker::walk(const Mark* after, const std::function<bool(const Match&)>& visit) const {
  Candidate candidate;
  Budget& budget = snapshot_.budget();
  const std::size_t looks = looks_per_entry(query_);
  for (std::size_t step = after ? after->step : 0; step < plan_.steps.size(); ++step) {
    const Step& now = plan_.steps[step];
    const Position* from = after && after->step == step && !after->at.empty() ? &after->at : nullptr;
    std::vector<Stream> streams;
    streams.reserve(now.ranges.size());
    for (const Range& range : now.ranges) {
      const storage::Walked walked{range, plan_.filter ? &*plan_.filter : nullptr, fetch_, streams.size(), first_};
      streams.push_back({storage::RangeRows(snapshot_, walked, from), {}, false});
      streams.back().advance();
    }
    if (!budget.spend()) return;
    const bool descending = now.ranges.front().descending;
    auto last = storage::ResourceKey::none;
    while (true) {
      Stream* next = nullptr;
      for (Stream& stream : streams)
        if (stream.live && (!next || (descending ? stream.at > next->at : stream.at < next->at))) next = &stream;
      if (!next) break;
      const storage::RangeRows& row = next->rows;
      candidate.key = row.key();
      if (candidate.key != last) {
        candidate.patient = row.patient();
        candidate.updated = row.updated();
        candidate.id = row.id();
        candidate.take_entries(row.entries());
        if (!budget.spend(1 + candidate.entries.size() * (looks + step) / kLooksPerStep)) return;
        const bool fits = may_be_found(query_, candidate.patient) &&
                          std::ranges::all_of(query_.criteria, [&](const auto& c) { return c.matches(candidate); }) &&
                          !(now.without_sort_value && has_sort_value(query_, candidate)) &&
                          is_first_meeting(candidate, step, next->at);
        if (fits) {
          last = candidate.key;
          if (!visit({candidate, row, step, next->at})) return;
        }
      }
      next->advance();
    }
  }
}

}  // namespace varde::search
