#include "server/search/find.h"

#include <algorithm>

#include "server/search/canonical.h"
#include "server/search/include.h"
#include "server/search/plan.h"
#include "server/search/sorted.h"
#include "server/search/walker.h"

namespace varde::search {
namespace {

using storage::Fetch;

/// Whether a page with these bytes takes no further resource.
bool is_full(const Found& found, const Query& query, std::size_t bytes) {
  return found.hits.size() == query.count || (bytes > query.page_bytes && !found.hits.empty());
}

Found find_gathered(const Query& query, const Plan& plan, const storage::Snapshot& snapshot, const Mark* from,
                    Direction direction) {
  const Before before{query.sort, false, direction};
  const std::optional<Sorted> mark = from && !from->at.empty() ? std::optional(from_mark(from->at)) : std::nullopt;
  FirstOfAll first(before, query.count + 1);
  std::size_t count = 0;
  Walker(query, plan, snapshot).walk(nullptr, [&](const Walker::Match& match) {
    Sorted one = sorted_by(query, match.candidate);
    if (!mark || before(*mark, one)) first.add(std::move(one));
    return ++count, true;
  });
  Found found;
  if (snapshot.budget().is_spent()) return found;
  const std::vector<Sorted> page = std::move(first).in_order();
  VersionsOfPage versions(query, snapshot, page);
  std::size_t bytes = 0;
  for (const Sorted& one : page) {
    if (is_full(found, query, bytes)) break;
    auto version = versions.take(one);
    if (!version) break;
    bytes += version->bytes.size();
    if (!snapshot.budget().take(version->bytes.size())) break;
    found.hits.push_back(hit_of(query.type, std::move(*version)));
  }
  if (query.total) found.total = count;
  if (found.hits.empty()) return found;
  const auto mark_at = [&](const Sorted& one) { return Mark{true, plan.driver, 0, 0, mark_of(one)}; };
  put_in_order(found, direction, mark_at(page.front()), mark_at(page[found.hits.size() - 1]),
               found.hits.size() < page.size());
  return found;
}

Hit hit_met(const Query& query, const storage::Snapshot& snapshot, const Walker::Match& match) {
  if (match.row) return hit_of(query.type, snapshot, *match.row);
  return hit_of(query.type, snapshot.version(match.candidate.key, match.earlier->version.version).value());
}

Found find_walked(const Query& query, const Plan& plan, const storage::Snapshot& snapshot, const Mark* from,
                  Direction direction) {
  Found found;
  std::optional<Mark> first;
  Mark last{false, plan.driver, 0, 0, {}};
  bool is_more = false;
  std::size_t bytes = 0;
  const auto take = [&](const Walker::Match& match) {
    is_more = is_full(found, query, bytes);
    if (is_more) return false;
    found.hits.push_back(hit_met(query, snapshot, match));
    bytes += found.hits.back().bytes.size();
    last.step = match.step, last.at = match.at;
    if (!first) first = last;
    return snapshot.budget().take(found.hits.back().bytes.size());
  };
  Walker(query, plan, snapshot, Fetch::bytes, query.count + 1).walk(from, take, direction);
  if (query.total) found.total = count_all(query, snapshot);
  if (first) put_in_order(found, direction, std::move(first), std::move(last), is_more);
  return found;
}

/// Of a page that ended because nothing more may be spent, nothing is told: it would look like the whole.
template <class T>
Result<T> if_within(const storage::Snapshot& snapshot, T found) {
  FHIR_TRY(snapshot.budget().within());
  return found;
}

}  // namespace

std::size_t count_all(const Query& query, const storage::Snapshot& snapshot) {
  if (const auto counted = count_stated(query, snapshot)) return *counted;
  Query unsorted = query;
  unsorted.sort.clear();
  const Plan plan = make_plan(unsorted, snapshot, nullptr);
  std::size_t count = 0;
  Walker(unsorted, plan, snapshot).walk(nullptr, [&](const auto&) { return ++count, true; });
  return count;
}

Result<Found> find(const Query& query, const storage::Snapshot& snapshot, const Mark* mark, Direction direction) {
  if (query.count_only) {
    Found found;
    found.total = count_all(query, snapshot);
    return if_within(snapshot, std::move(found));
  }
  const Plan plan = make_plan(query, snapshot, mark);
  Found found = plan.gather ? find_gathered(query, plan, snapshot, mark, direction)
                            : find_walked(query, plan, snapshot, mark, direction);
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
  const bool has_url = parameters_of(type).find("url") != nullptr;
  std::set<std::string> urls;
  std::size_t matches = 0;
  Walker(query, plan, snapshot, Fetch::entries, most).walk(nullptr, [&](const Walker::Match& match) {
    for (const storage::IndexEntry& entry : match.candidate.entries) {
      if (std::ranges::find(keys, entry.parameter) == keys.end()) continue;
      const bool is_local = entry.kind == storage::EntryKind::reference && entry.first == type_key;
      if (!is_local && !(has_url && entry.kind == storage::EntryKind::uri)) continue;
      if ((is_local ? *ids : urls).emplace(entry.text).second &&
          !snapshot.budget().take(sizeof(std::string) + entry.text.size()))
        return false;
    }
    return ++matches <= most;
  });
  if (matches > most) ids.reset();
  for (const std::string& url : urls)
    for (Named& named : ids ? find_canonical(type, parse_canonical(url), snapshot) : std::vector<Named>())
      ids->insert(std::move(named.id));
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
