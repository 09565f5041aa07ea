#include "server/search/find.h"

#include <algorithm>

#include "server/search/include.h"
#include "server/search/plan.h"
#include "server/search/walker.h"

namespace varde::search {
namespace {

using storage::EntryKind;

Hit hit_of(const storage::sql::Rows& row) {
  return {row.key<storage::ResourceKey>(kKey), row.string(kId), row.integer(kVersion), row.instant(kUpdated),
          row.string(kBytes)};
}

std::size_t count_all(const Query& query, const storage::Snapshot& snapshot) {
  Query unsorted = query;
  unsorted.sort.clear();
  const Plan plan = make_plan(unsorted, snapshot, nullptr);
  std::size_t count = 0;
  Walker(unsorted, plan, snapshot.connection()).walk(nullptr, [&](const auto&) { return ++count, true; });
  return count;
}

/// What a resource sorts by, one cell per key; nothing sorts last in either direction.
struct Sorted {
  storage::ResourceKey key;
  std::vector<std::optional<Cell>> by;
};

std::optional<Cell> sort_cell(const SortKey& sort, const Candidate& candidate) {
  const Parameter& parameter = *sort.parameter;
  if (parameter.code == "_id") return Cell(std::string(candidate.id));
  if (parameter.code == "_lastUpdated") return cell(candidate.updated);
  std::optional<Cell> out;
  for (const storage::IndexEntry& entry : candidate.entries) {
    if (std::ranges::find(parameter.keys, entry.parameter) == parameter.keys.end() &&
        std::ranges::find(parameter.long_keys, entry.parameter) == parameter.long_keys.end())
      continue;
    Cell value = entry.kind == EntryKind::date ? Cell(entry.first) : Cell(std::string(entry.text));
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

Result<Found> find_gathered(const Query& query, const Plan& plan, const storage::Snapshot& snapshot,
                            const Mark* after) {
  std::vector<Sorted> all;
  Walker(query, plan, snapshot.connection()).walk(nullptr, [&](const Walker::Match& match) {
    Sorted one{match.candidate.key, {}};
    for (const SortKey& key : query.sort) one.by.push_back(sort_cell(key, match.candidate));
    all.push_back(std::move(one));
    return all.size() <= kMostGathered;
  });
  if (all.size() > kMostGathered)
    return fail(Fault::not_supported,
                "Too many resources match to be sorted like that; narrow the search, or sort by one date.", "_sort");
  const Before before{query.sort};
  const auto first = [&] {
    if (!after) return std::size_t{0};
    const Sorted mark = from_mark(after->at);
    return static_cast<std::size_t>(std::ranges::count_if(all, [&](const Sorted& one) { return !before(mark, one); }));
  }();
  const std::size_t last = std::min(all.size(), first + query.count);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(last), all.end(), before);
  Found found;
  for (std::size_t i = first; i < last; ++i) {
    auto version = snapshot.current(all[i].key);
    found.hits.push_back({version->key, version->id, version->version, version->updated, std::move(version->bytes)});
  }
  if (last < all.size() && last > first) found.next = Mark{true, plan.driver, 0, mark_of(all[last - 1])};
  if (query.total) found.total = all.size();
  return found;
}

Found find_walked(const Query& query, const Plan& plan, const storage::Snapshot& snapshot, const Mark* after) {
  Found found;
  Mark mark{false, plan.driver, 0, {}};
  Walker(query, plan, snapshot.connection()).walk(after, [&](const Walker::Match& match) {
    if (found.hits.size() == query.count) {
      found.next = std::move(mark);
      return false;
    }
    found.hits.push_back(hit_of(match.row));
    mark.step = match.step, mark.at = match.at;
    return true;
  });
  if (query.total) found.total = count_all(query, snapshot);
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
    return found;
  }
  const Plan plan = make_plan(query, snapshot, after);
  auto found = plan.gather ? find_gathered(query, plan, snapshot, after)
                           : Result<Found>(find_walked(query, plan, snapshot, after));
  if (found && !query.includes.empty()) add_included(query, snapshot, *found);
  return found;
}

std::vector<std::string> find_ids(const Query& query, const storage::Snapshot& snapshot, std::size_t most) {
  std::vector<std::string> ids;
  const Plan plan = make_plan(query, snapshot, nullptr);
  Walker(query, plan, snapshot.connection()).walk(nullptr, [&](const Walker::Match& match) {
    ids.emplace_back(match.candidate.id);
    return ids.size() < most;
  });
  return ids;
}

std::vector<std::string> explain(const Query& query, const storage::Snapshot& snapshot) {
  std::vector<std::string> out;
  for (const Step& step : make_plan(query, snapshot, nullptr).steps)
    for (const Range& range : step.ranges) {
      out.push_back(range.sql(false, 0));
      out.push_back(range.sql(true, 0));
    }
  return out;
}

}  // namespace varde::search
