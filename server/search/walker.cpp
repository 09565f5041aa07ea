#include "server/search/walker.h"

#include <algorithm>
#include <unordered_set>

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

/// Whoever has more is remembered: met by each of thousands of names, it would be judged by all of them each time.
constexpr std::size_t kManyEntries = 1000;

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

bool Walker::fits(const Candidate& candidate, const Step& step) const {
  return may_be_found(query_, candidate.patient) &&
         std::ranges::all_of(query_.criteria, [&](const auto& c) { return c.matches(candidate); }) &&
         !(step.without_sort_value && has_sort_value(query_, candidate));
}

std::vector<Walker::Before> Walker::before() const {
  std::vector<Before> out;
  if (!query_.past || !query_.past->is_any(query_.type)) return out;
  const auto of_interest = [&](storage::PatientKey patient) { return may_be_found(query_, patient); };
  for (const Earlier* earlier : query_.past->all(query_.type, of_interest)) {
    if (!earlier->is_seen) continue;
    const storage::Version& version = earlier->version;
    Before one{earlier, {version.key, version.patient, version.updated, version.id, {}}};
    one.candidate.take_entries(earlier->entries);
    if (std::ranges::all_of(query_.criteria, [&](const auto& c) { return c.matches(one.candidate); }))
      out.push_back(std::move(one));
  }
  return out;
}

/// What a step meets, in its order: the rows of its ranges, and what of the past stood among them.
class Walker::Meeting {
 public:
  Meeting(const Walker& walker, std::size_t step, const Position* from, const std::vector<Before>& before,
          Direction direction)
      : walker_(walker), ranges_(walker.plan_.steps[step].ranges) {
    if (direction == Direction::backward)
      for (Range& range : ranges_) range.descending = !range.descending;
    descending_ = ranges_.front().descending;
    streams_.reserve(ranges_.size());
    for (const Range& range : ranges_) {
      const storage::Walked walked{range, walker.plan_.filter ? &*walker.plan_.filter : nullptr, walker.fetch_,
                                   streams_.size(), walker.first_};
      streams_.push_back({storage::RangeRows(walker.snapshot_, walked, from), {}, false});
      streams_.back().advance();
    }
    for (const Before& one : before) add(one, step, from);
    std::ranges::sort(past_, [&](const Place& a, const Place& b) { return comes_before(a.at, b.at); });
  }

  /// Nothing: the step is at its end.
  struct Met {
    Stream* stream = nullptr;
    const Before* before = nullptr;
    const Position* at = nullptr;
  };
  Met next() {
    Met out;
    for (Stream& stream : streams_)
      if (stream.live && (!out.at || comes_before(stream.at, *out.at))) out = {&stream, nullptr, &stream.at};
    if (passed_ < past_.size() && (!out.at || comes_before(past_[passed_].at, *out.at)))
      out = {nullptr, past_[passed_].before, &past_[passed_].at};
    return out;
  }
  void pass(const Met& met) {
    if (met.stream)
      met.stream->advance();
    else
      ++passed_;
  }

 private:
  struct Place {
    const Before* before;
    Position at;
  };
  bool comes_before(const Position& a, const Position& b) const { return descending_ ? a > b : a < b; }
  /// Where it is met for the first time, if that is behind where the walk begins.
  void add(const Before& one, std::size_t step, const Position* from) {
    if (!walker_.fits(one.candidate, walker_.plan_.steps[step])) return;
    for (const Range& range : ranges_)
      for (Position& at : storage::positions_of(walker_.snapshot_, range, one.candidate))
        if ((!from || comes_before(*from, at)) && walker_.is_first_meeting(one.candidate, step, at)) {
          past_.push_back({&one, std::move(at)});
          return;
        }
  }

  const Walker& walker_;
  std::vector<Range> ranges_;
  bool descending_ = false;
  std::vector<Stream> streams_;
  std::vector<Place> past_;
  std::size_t passed_ = 0;
};

/// False where nothing further is wanted, or may be spent.
bool Walker::walk_step(std::size_t step, const Position* from, const std::vector<Before>& before, Direction direction,
                       const Visit& visit) const {
  Budget& budget = snapshot_.budget();
  const std::size_t looks = looks_per_entry(query_);
  Candidate candidate;
  Meeting meeting(*this, step, from, before, direction);
  if (!budget.spend()) return false;
  // No further row of the candidate is looked at: it was met, does not fit, or was met before where a walk forward
  // began.
  bool over = false;
  std::unordered_set<storage::ResourceKey> settled;  // so are these
  for (auto met = meeting.next(); met.at; meeting.pass(met), met = meeting.next()) {
    if (met.before) {
      if (!budget.spend() || !visit({met.before->candidate, nullptr, met.before->earlier, step, *met.at})) return false;
      continue;
    }
    storage::RangeRows& row = met.stream->rows;
    if (row.key() == candidate.key ? over : settled.contains(row.key())) continue;
    candidate.key = row.key();
    over = true;
    candidate.updated = row.updated();
    if (query_.past && !query_.past->holds(candidate.updated)) continue;
    candidate.patient = row.patient();
    candidate.id = row.id();
    candidate.take_entries(row.entries());
    if (!budget.spend(1 + candidate.entries.size() * (looks + step) / kLooksPerStep)) return false;
    const bool fit = fits(candidate, plan_.steps[step]);
    const bool is_match = fit && is_first_meeting(candidate, step, *met.at);
    over = is_match || !fit || direction == Direction::forward;
    if (over && candidate.entries.size() > kManyEntries) settled.insert(candidate.key);
    if (!is_match) continue;
    if (!visit({candidate, &row, nullptr, step, *met.at})) return false;
  }
  return true;
}

void Walker::walk(const Mark* mark, const Visit& visit, Direction direction) const {
  const std::vector<Before> past = before();
  const std::size_t steps = plan_.steps.size();
  const bool forward = direction == Direction::forward;
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t step = forward ? i : steps - 1 - i;
    if (mark && (forward ? step < mark->step : step > mark->step)) continue;
    const bool begins = mark && mark->step == step && !mark->at.empty();
    if (!walk_step(step, begins ? &mark->at : nullptr, past, direction, visit)) return;
  }
}

}  // namespace varde::search
