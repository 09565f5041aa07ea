#include "server/search/find.h"

#include <algorithm>

#include "server/search/canonical.h"
#include "server/search/include.h"
#include "server/search/plan.h"
#include "server/search/walker.h"
#include "server/storage/search/several.h"

namespace varde::search {
namespace {

using storage::EntryKind;

using storage::Fetch;

Hit hit_of(const storage::Snapshot& snapshot, const storage::RangeRows& row) {
  auto bytes = row.bytes();
  return {row.key(),     row.patient(), std::string(row.id()),
          row.version(), row.updated(), bytes ? std::move(*bytes) : snapshot.current(row.key()).value().bytes};
}

std::size_t count_all(const Query& query, const storage::Snapshot& snapshot) {
  if (const auto counted = count_stated(query, snapshot)) return *counted;
  Query unsorted = query;
  unsorted.sort.clear();
  const Plan plan = make_plan(unsorted, snapshot, nullptr);
  std::size_t count = 0;
  Walker(unsorted, plan, snapshot).walk(nullptr, [&](const auto&) { return ++count, true; });
  return count;
}

/// What a resource sorts by, one cell per key; nothing sorts last in either direction.
struct Sorted {
  storage::ResourceKey key;
  std::vector<std::optional<Cell>> by;
};

/// A quantity sorts by its canonical unit, where it has one.
Cell cell_of(const storage::IndexEntry& entry) {
  if (entry.kind == EntryKind::date) return entry.first;
  if (entry.kind != EntryKind::number) return std::string(entry.text);
  const storage::NumberEntry number = storage::number_of(entry);
  return std::string(entry.first == 0 ? number.low : number.canonical_low);
}

std::optional<Cell> sort_cell(const SortKey& sort, const Candidate& candidate) {
  const Parameter& parameter = *sort.parameter;
  if (parameter.code == "_id") return Cell(std::string(candidate.id));
  if (parameter.code == "_lastUpdated") return cell(candidate.updated);
  std::optional<Cell> out;
  for (const storage::IndexEntry& entry : candidate.entries) {
    if (std::ranges::find(parameter.keys, entry.parameter) == parameter.keys.end() &&
        std::ranges::find(parameter.long_keys, entry.parameter) == parameter.long_keys.end())
      continue;
    Cell value = cell_of(entry);
    if (!out || (sort.descending ? value > *out : value < *out)) out = std::move(value);
  }
  return out;
}

struct Before {
  const std::vector<SortKey>& sort;
  bool operator()(const Sorted& a, const Sorted& b) const {
    for (std::size_t i = 0; i < sort.size(); ++i) {
      if (a.by[i] == b.by[i]) continue;
      if (!a.by[i] || !b.by[i]) return a.by[i].has_value();
      return sort[i].descending ? *b.by[i] < *a.by[i] : *a.by[i] < *b.by[i];
    }
    return a.key < b.key;
  }
};

Position mark_of(const Sorted& sorted) {
  Position out;
  for (const auto& value : sorted.by) {
    out.emplace_back(std::int64_t{value.has_value()});
    out.push_back(value.value_or(Cell(std::int64_t{0})));
  }
  out.emplace_back(static_cast<std::int64_t>(sorted.key));
  return out;
}

Sorted from_mark(const Position& at) {
  Sorted out{static_cast<storage::ResourceKey>(std::get<std::int64_t>(at.back())), {}};
  for (std::size_t i = 0; i + 1 < at.size(); i += 2)
    out.by.push_back(std::get<std::int64_t>(at[i]) ? std::optional(at[i + 1]) : std::nullopt);
  return out;
}

/// The first of all that were gathered, kept while the others pass by: memory is a page's, however many match.
class FirstOfAll {
 public:
  FirstOfAll(Before before, std::size_t most) : before_(before), most_(most) {}
  void add(Sorted one) {
    if (heap_.size() == most_) {
      if (!before_(one, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), before_);
      heap_.pop_back();
    }
    heap_.push_back(std::move(one));
    std::push_heap(heap_.begin(), heap_.end(), before_);
  }
  std::vector<Sorted> in_order() && {
    std::sort_heap(heap_.begin(), heap_.end(), before_);
    return std::move(heap_);
  }

 private:
  Before before_;
  std::size_t most_;
  std::vector<Sorted> heap_;  ///< the last in order on top
};

/// Whether a page with these bytes takes no further resource.
bool is_full(const Found& found, const Query& query, std::size_t bytes) {
  return found.hits.size() == query.count || (bytes > query.page_bytes && !found.hits.empty());
}

Found find_gathered(const Query& query, const Plan& plan, const storage::Snapshot& snapshot, const Mark* after) {
  const Before before{query.sort};
  const std::optional<Sorted> mark = after ? std::optional(from_mark(after->at)) : std::nullopt;
  FirstOfAll first(before, query.count + 1);
  std::size_t count = 0;
  Walker(query, plan, snapshot).walk(nullptr, [&](const Walker::Match& match) {
    Sorted one{match.candidate.key, {}};
    for (const SortKey& key : query.sort) one.by.push_back(sort_cell(key, match.candidate));
    if (!mark || before(*mark, one)) first.add(std::move(one));
    return ++count, true;
  });
  Found found;
  if (snapshot.budget().is_spent()) return found;
  std::size_t bytes = 0;
  const Sorted* last = nullptr;
  const std::vector<Sorted> page = std::move(first).in_order();
  std::vector<storage::ResourceKey> keys;
  keys.reserve(page.size());
  for (const Sorted& one : page) keys.push_back(one.key);
  auto versions = storage::versions_of(snapshot, keys, query.page_bytes);
  for (const Sorted& one : page) {
    if (is_full(found, query, bytes)) {
      found.next = Mark{true, plan.driver, 0, mark_of(*last)};
      break;
    }
    const auto version = versions.find(one.key);
    if (version == versions.end()) break;
    storage::Version& now = version->second;
    bytes += now.bytes.size();
    if (!snapshot.budget().take(now.bytes.size())) break;
    found.hits.push_back({now.key, now.patient, now.id, now.version, now.updated, std::move(now.bytes)});
    last = &one;
  }
  if (query.total) found.total = count;
  return found;
}

Found find_walked(const Query& query, const Plan& plan, const storage::Snapshot& snapshot, const Mark* after) {
  Found found;
  Mark mark{false, plan.driver, 0, {}};
  std::size_t bytes = 0;
  Walker(query, plan, snapshot, Fetch::bytes, query.count + 1).walk(after, [&](const Walker::Match& match) {
    if (is_full(found, query, bytes)) {
      found.next = std::move(mark);
      return false;
    }
    found.hits.push_back(hit_of(snapshot, match.row));
    bytes += found.hits.back().bytes.size();
    mark.step = match.step, mark.at = match.at;
    return snapshot.budget().take(found.hits.back().bytes.size());
  });
  if (query.total) found.total = count_all(query, snapshot);
  return found;
}

/// Of a page that ended because nothing more may be spent, nothing is told: it would look like the whole.
template <class T>
Result<T> if_within(const storage::Snapshot& snapshot, T found) {
  FHIR_TRY(snapshot.budget().within());
  return found;
}

}  // namespace

std::string Mark::encode() const {
  std::string out = gathered ? "g" : "w";
  const auto add = [&out](std::string_view kind, std::string_view text) {
    out += kind;
    out += std::to_string(text.size()) + ":";
    out += text;
  };
  add("i", std::to_string(driver));
  add("i", std::to_string(step));
  for (const Cell& one : at) {
    if (const auto* number = std::get_if<std::int64_t>(&one))
      add("i", std::to_string(*number));
    else
      add("t", std::get<std::string>(one));
  }
  return out;
}

std::optional<Mark> Mark::decode(std::string_view text) {
  if (text.empty() || (text.front() != 'g' && text.front() != 'w')) return std::nullopt;
  Mark out;
  out.gathered = text.front() == 'g';
  text.remove_prefix(1);
  while (!text.empty()) {
    const char kind = text.front();
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto size =
        static_cast<std::size_t>(std::strtoull(std::string(text.substr(1, colon - 1)).c_str(), nullptr, 10));
    if (size > text.size() - colon - 1) return std::nullopt;
    const std::string value(text.substr(colon + 1, size));
    text.remove_prefix(colon + 1 + size);
    if (kind == 'i')
      out.at.emplace_back(std::int64_t{std::strtoll(value.c_str(), nullptr, 10)});
    else
      out.at.emplace_back(value);
  }
  if (out.at.size() < 2) return std::nullopt;
  out.driver = static_cast<std::size_t>(std::get<std::int64_t>(out.at[0]));
  out.step = static_cast<std::size_t>(std::get<std::int64_t>(out.at[1]));
  out.at.erase(out.at.begin(), out.at.begin() + 2);
  return out;
}

Result<Found> find(const Query& query, const storage::Snapshot& snapshot, const Mark* after) {
  if (query.count_only) {
    Found found;
    found.total = count_all(query, snapshot);
    return if_within(snapshot, std::move(found));
  }
  const Plan plan = make_plan(query, snapshot, after);
  Found found = plan.gather ? find_gathered(query, plan, snapshot, after) : find_walked(query, plan, snapshot, after);
  if (!query.includes.empty()) add_included(query, snapshot, found);
  return if_within(snapshot, std::move(found));
}

Result<std::vector<std::string>> find_ids(const Query& query, const storage::Snapshot& snapshot, std::size_t most) {
  std::vector<std::string> ids;
  const Plan plan = make_plan(query, snapshot, nullptr);
  Walker(query, plan, snapshot, Fetch::entries, most).walk(nullptr, [&](const Walker::Match& match) {
    ids.emplace_back(match.candidate.id);
    return ids.size() < most;
  });
  return if_within(snapshot, std::move(ids));
}

Result<std::vector<Target>> find_targets(const Query& query, const storage::Snapshot& snapshot, std::size_t most) {
  std::vector<Target> targets;
  const Plan plan = make_plan(query, snapshot, nullptr);
  Walker(query, plan, snapshot, Fetch::entries, most).walk(nullptr, [&](const Walker::Match& match) {
    targets.push_back({std::string(match.candidate.id), canonicals_of(query.type, match.candidate)});
    return targets.size() < most && snapshot.budget().take(sizeof(Target) + match.candidate.id.size());
  });
  return if_within(snapshot, std::move(targets));
}

Result<std::optional<std::set<std::string>>> find_referred(const Query& query, const storage::Snapshot& snapshot,
                                                           const std::vector<storage::ParameterKey>& keys,
                                                           fhir::TypeId type, std::size_t most) {
  std::optional<std::set<std::string>> ids(std::in_place);
  const auto type_key = static_cast<std::int64_t>(storage::type_key(type));
  const Plan plan = make_plan(query, snapshot, nullptr);
  std::size_t matches = 0;
  Walker(query, plan, snapshot, Fetch::entries, most).walk(nullptr, [&](const Walker::Match& match) {
    for (const storage::IndexEntry& entry : match.candidate.entries)
      if (entry.kind == storage::EntryKind::reference && entry.first == type_key &&
          std::ranges::find(keys, entry.parameter) != keys.end() && ids->emplace(entry.text).second &&
          !snapshot.budget().take(sizeof(std::string) + entry.text.size()))
        return false;
    return ++matches <= most;
  });
  if (matches > most) ids.reset();
  return if_within(snapshot, std::move(ids));
}

std::vector<std::string> explain(const Query& query, const storage::Snapshot& snapshot) {
  std::vector<std::string> out;
  const Plan plan = make_plan(query, snapshot, nullptr);
  for (const Step& step : plan.steps)
    for (const Range& range : step.ranges) {
      const storage::Walked walked{range, plan.filter ? &*plan.filter : nullptr, Fetch::bytes};
      const Position somewhere = storage::first_position(range);
      out.push_back(storage::explain(snapshot, walked, nullptr));
      out.push_back(storage::explain(snapshot, walked, &somewhere));
    }
  return out;
}

}  // namespace varde::search
