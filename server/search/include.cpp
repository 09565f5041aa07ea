#include "server/search/include.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <unordered_map>

#include "fhir-model/element/reference.h"
#include "server/search/canonical.h"
#include "server/search/ranges.h"
#include "server/storage/search/rows.h"
#include "server/storage/search/several.h"

namespace varde::search {
namespace {

using fhir::TypeId;
using storage::EntryKind;
using storage::IndexEntry;
using storage::ResourceKey;

bool is_wanted(const Include& include, TypeId type) { return include.target == TypeId::none || include.target == type; }

std::int64_t number_of(std::string_view version) {
  std::int64_t number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

/// One resource that is to be sent along, as it is named; in the order of what names it.
struct Wanted {
  TypeId type = TypeId::none;
  std::string id;            ///< of that type; empty: by `key`
  std::int64_t version = 0;  ///< 0: the current one
  ResourceKey key{};
};

/// What the page's hits name: gathered first, then fetched, many by one statement.
class Names {
 public:
  Names(const Query& query, const storage::Snapshot& snapshot, const Found& found)
      : query_(query), snapshot_(snapshot), found_(found) {}

  std::vector<Wanted> all();
  bool are_cut() const { return cut_; }  ///< there are more

 private:
  static constexpr std::size_t kMost = 4 * kMostIncluded;
  bool is_full() {
    cut_ = cut_ || wanted_.size() > kMost;
    return cut_ || !snapshot_.budget().spend();
  }
  void follow(const Include& include, const Candidate& source);
  void follow_canonical(const Include& include, std::string_view text);
  void follow_back(const Include& include, const Hit& target, const Candidate& its);
  /// Who refers to the hits by that include, by the id of the hit.
  const std::multimap<std::string, ResourceKey, std::less<>>& sources(const Include& include);

  const Query& query_;
  const storage::Snapshot& snapshot_;
  const Found& found_;
  std::vector<Wanted> wanted_;
  bool cut_ = false;
  std::map<const Include*, std::multimap<std::string, ResourceKey, std::less<>>> sources_;
  std::map<std::pair<TypeId, std::string>, std::vector<ResourceKey>> canonicals_;
};

void Names::follow(const Include& include, const Candidate& source) {
  std::set<std::string> versioned;  // "Patient/1": its row says nothing of the version that the reference names
  const auto is_of = [&](const IndexEntry& entry, EntryKind kind) {
    return entry.kind == kind &&
           std::ranges::find(include.parameter->keys, entry.parameter) != include.parameter->keys.end();
  };
  for (const IndexEntry& entry : source.entries) {
    if (!is_of(entry, EntryKind::uri)) continue;
    if (const auto literal = fhir::parse_reference(entry.text); !literal.version.empty() && literal.base.empty()) {
      versioned.emplace(entry.text.substr(0, entry.text.find("/_history/")));
      if (is_wanted(include, literal.type))
        wanted_.push_back({literal.type, std::string(literal.id), number_of(literal.version)});
    } else {
      follow_canonical(include, entry.text);
    }
  }
  for (const IndexEntry& entry : source.entries) {
    if (!is_of(entry, EntryKind::reference)) continue;
    const TypeId type = storage::type_of(static_cast<storage::TypeKey>(entry.first));
    const std::string literal = std::string(fhir::row_of(type).name) + "/" + std::string(entry.text);
    if (is_wanted(include, type) && !versioned.contains(literal)) wanted_.push_back({type, std::string(entry.text)});
  }
}

void Names::follow_canonical(const Include& include, std::string_view text) {
  for (const TypeId type : include.parameter->target_types) {
    if (!is_wanted(include, type) || is_full()) continue;
    const auto [known, is_new] = canonicals_.try_emplace({type, std::string(text)});
    if (is_new) known->second = find_canonical(type, parse_canonical(text), snapshot_);
    for (const ResourceKey key : known->second) wanted_.push_back({.key = key});
  }
}

const std::multimap<std::string, ResourceKey, std::less<>>& Names::sources(const Include& include) {
  const auto [known, is_new] = sources_.try_emplace(&include);
  if (!is_new || (include.target != TypeId::none && include.target != query_.type)) return known->second;
  std::vector<std::string> ids;
  for (const Hit& hit : found_.hits) ids.push_back(hit.id);
  for (storage::Referring& one : storage::referring_to(snapshot_, include.parameter->keys, query_.type, ids, kMost))
    known->second.emplace(std::move(one.target), one.source);
  cut_ = cut_ || known->second.size() == kMost;
  return known->second;
}

void Names::follow_back(const Include& include, const Hit& target, const Candidate& its) {
  const auto [from, until] = sources(include).equal_range(target.id);
  for (auto one = from; one != until; ++one) wanted_.push_back({.key = one->second});
  Criterion refers;
  refers.parameter = include.parameter, refers.keys = include.parameter->keys;
  std::vector<Range> ranges;
  for (ReferenceValue& value : canonicals_of(query_.type, its)) {
    for (const ParameterKey key : refers.keys) add_url_ranges(key, value, ranges);
    refers.values.emplace_back(std::move(value));
  }
  Candidate source;
  for (const Range& range : ranges)
    for (storage::RangeRows rows(snapshot_, {range}); rows.next() && !is_full();) {
      source.take_entries(rows.entries());
      if (refers.matches(source)) wanted_.push_back({.key = rows.key()});
    }
}

std::vector<Wanted> Names::all() {
  std::vector<ResourceKey> keys;
  for (const Hit& hit : found_.hits) keys.push_back(hit.key);
  const auto entries = storage::entries_of(snapshot_, keys);
  Candidate candidate;
  for (const Hit& hit : found_.hits) {
    const auto its = entries.find(hit.key);
    candidate.take_entries(its == entries.end() ? std::string_view() : std::string_view(its->second));
    for (const Include& include : query_.includes) {
      if (is_full()) return std::move(wanted_);
      if (include.reverse)
        follow_back(include, hit, candidate);
      else
        follow(include, candidate);
    }
  }
  return std::move(wanted_);
}

/// What is named, read and added to the page, until it is full.
class Collector {
 public:
  Collector(const Query& query, const storage::Snapshot& snapshot, Found& found)
      : query_(query), snapshot_(snapshot), found_(found) {
    for (const Hit& hit : found.hits) seen_.emplace(hit.key, hit.version);
  }
  void add_all(const std::vector<Wanted>& wanted);

 private:
  static constexpr std::size_t kAtOnce = 64;
  void add(const storage::Version& version);
  void add_some(const Wanted* from, const Wanted* until);

  const Query& query_;
  const storage::Snapshot& snapshot_;
  Found& found_;
  std::set<std::pair<ResourceKey, std::int64_t>> seen_;  ///< with their versions
  std::size_t bytes_ = 0;
};

void Collector::add(const storage::Version& version) {
  if (version.method == storage::Method::remove || found_.included_cut) return;
  if (query_.restriction && !query_.restriction->admits(version.type, version.patient)) return;
  if (!seen_.emplace(version.key, version.version).second) return;
  bytes_ += version.bytes.size();
  if (found_.included.size() == kMostIncluded || bytes_ > query_.page_bytes ||
      !snapshot_.budget().take(version.bytes.size())) {
    found_.included_cut = true;
    return;
  }
  found_.included.push_back(
      {version.type, {version.key, version.patient, version.id, version.version, version.updated, version.bytes}});
}

void Collector::add_some(const Wanted* from, const Wanted* until) {
  std::vector<ResourceKey> keys;
  std::map<TypeId, std::vector<std::string>> ids;
  for (const Wanted* one = from; one != until; ++one) {
    if (one->id.empty())
      keys.push_back(one->key);
    else if (one->version == 0)
      ids[one->type].push_back(one->id);
  }
  const std::size_t most = query_.page_bytes;
  const auto by_key = storage::versions_of(snapshot_, keys, most);
  std::map<TypeId, std::map<std::string, storage::Version, std::less<>>> by_id;
  for (const auto& [type, some] : ids) by_id.emplace(type, storage::versions_of(snapshot_, type, some, most));
  for (const Wanted* one = from; one != until && !found_.included_cut; ++one) {
    if (one->version != 0) {
      if (const auto version = snapshot_.version(one->type, one->id, one->version)) add(*version);
    } else if (one->id.empty()) {
      if (const auto found = by_key.find(one->key); found != by_key.end()) add(found->second);
    } else if (const auto found = by_id[one->type].find(one->id); found != by_id[one->type].end()) {
      add(found->second);
    }
  }
}

void Collector::add_all(const std::vector<Wanted>& wanted) {
  std::vector<Wanted> fresh;  // a page's hits mostly name the same few
  std::set<std::tuple<TypeId, std::string, std::int64_t, ResourceKey>> named;
  for (const Wanted& one : wanted)
    if (named.emplace(one.type, one.id, one.version, one.key).second) fresh.push_back(one);
  for (std::size_t from = 0; from < fresh.size() && !found_.included_cut; from += kAtOnce)
    add_some(fresh.data() + from, fresh.data() + std::min(fresh.size(), from + kAtOnce));
}

}  // namespace

void add_included(const Query& query, const storage::Snapshot& snapshot, Found& found) {
  if (found.hits.empty() || snapshot.budget().is_spent()) return;
  Names names(query, snapshot, found);
  Collector(query, snapshot, found).add_all(names.all());
  found.included_cut = found.included_cut || names.are_cut();
}

}  // namespace varde::search
