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

bool is_of(const Include& include, const IndexEntry& entry) {
  return std::ranges::find(include.parameter->keys, entry.parameter) != include.parameter->keys.end();
}

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

/// A resource whose references are followed, or who is referred to.
struct Source {
  TypeId type;
  ResourceKey key;
  std::string id;
};

/// What some resources name: gathered first, then fetched, many by one statement.
class Names {
 public:
  Names(const Query& query, const storage::Snapshot& snapshot, const std::vector<Source>& from, bool again)
      : query_(query), snapshot_(snapshot), from_(from), again_(again) {}

  std::vector<Wanted> all();

 private:
  /// More rows than this refer to no page.
  static constexpr std::size_t kMostReferring = 10'000'000;
  bool goes_on() const { return snapshot_.budget().spend(); }
  void follow(const Include& include, const Candidate& source);
  void follow_canonical(const Include& include, std::string_view text);
  void follow_back(const Include& include, const Source& target, const Candidate& its);
  /// Who refers by that include to those of that type, by their ids; in order of creation.
  using Referrers = std::map<std::string, std::vector<ResourceKey>, std::less<>>;
  const Referrers& sources(const Include& include, TypeId type);
  /// What was current at the query's moment and is not any more, of that include's type.
  std::vector<const Earlier*> earlier(const Include& include) const;
  std::unordered_map<ResourceKey, std::string> entries() const;

  const Query& query_;
  const storage::Snapshot& snapshot_;
  const std::vector<Source>& from_;
  const bool again_;  ///< what was included is followed, by what iterates alone
  std::vector<Wanted> wanted_;
  std::map<std::pair<const Include*, TypeId>, Referrers> sources_;
  std::map<std::pair<TypeId, std::string>, std::vector<Named>> canonicals_;
};

void Names::follow(const Include& include, const Candidate& source) {
  std::set<std::string> versioned;  // "Patient/1": its row says nothing of the version that the reference names
  for (const IndexEntry& entry : source.entries) {
    if (entry.kind != EntryKind::uri || !is_of(include, entry)) continue;
    if (const auto literal = fhir::parse_reference(entry.text); !literal.version.empty() && literal.base.empty()) {
      versioned.emplace(entry.text.substr(0, entry.text.find("/_history/")));
      if (is_wanted(include, literal.type))
        wanted_.push_back({literal.type, std::string(literal.id), number_of(literal.version)});
    } else {
      follow_canonical(include, entry.text);
    }
  }
  for (const IndexEntry& entry : source.entries) {
    if (entry.kind != EntryKind::reference || !is_of(include, entry)) continue;
    const TypeId type = storage::type_of(static_cast<storage::TypeKey>(entry.first));
    const std::string literal = std::string(fhir::row_of(type).name) + "/" + std::string(entry.text);
    if (is_wanted(include, type) && !versioned.contains(literal)) wanted_.push_back({type, std::string(entry.text)});
  }
}

void Names::follow_canonical(const Include& include, std::string_view text) {
  for (const TypeId type : include.parameter->target_types) {
    if (!is_wanted(include, type) || !goes_on()) continue;
    const auto [known, is_new] = canonicals_.try_emplace({type, std::string(text)});
    if (is_new) known->second = find_canonical(type, parse_canonical(text), snapshot_);
    for (const Named& one : known->second) wanted_.push_back({.key = one.key});
  }
}

std::vector<const Earlier*> Names::earlier(const Include& include) const {
  if (!query_.past || !query_.past->is_any(include.source)) return {};
  return query_.past->all(include.source, [](storage::PatientKey) { return true; });
}

const Names::Referrers& Names::sources(const Include& include, TypeId type) {
  const auto [known, is_new] = sources_.try_emplace({&include, type});
  if (!is_new || !is_wanted(include, type)) return known->second;
  Referrers& out = known->second;
  std::vector<std::string> ids;
  for (const Source& one : from_)
    if (one.type == type) ids.push_back(one.id);
  const auto until = query_.past ? std::optional(query_.past->moment()) : std::nullopt;
  for (storage::Referring& one :
       storage::referring_to(snapshot_, include.parameter->keys, type, ids, kMostReferring, until))
    out[std::move(one.target)].push_back(one.source);
  const auto type_key = static_cast<std::int64_t>(storage::type_key(type));
  for (const Earlier* one : earlier(include)) {
    Candidate source;
    source.take_entries(one->entries);
    for (const IndexEntry& entry : source.entries)
      if (entry.kind == EntryKind::reference && entry.first == type_key && is_of(include, entry) &&
          std::ranges::find(ids, entry.text) != ids.end())
        out[std::string(entry.text)].push_back(one->version.key);
  }
  for (auto& [id, keys] : out) std::ranges::sort(keys);  // so are a page's that began before something was changed
  return out;
}

void Names::follow_back(const Include& include, const Source& target, const Candidate& its) {
  const Referrers& by_id = sources(include, target.type);
  if (const auto found = by_id.find(target.id); found != by_id.end())
    for (const ResourceKey key : found->second) wanted_.push_back({.key = key});
  Criterion refers;
  refers.parameter = include.parameter, refers.keys = include.parameter->keys;
  std::vector<Range> ranges;
  for (ReferenceValue& value : canonicals_of(target.type, its)) {
    for (const ParameterKey key : refers.keys) add_url_ranges(key, value, ranges);
    refers.values.emplace_back(std::move(value));
  }
  if (ranges.empty()) return;
  std::vector<ResourceKey> keys;
  Candidate source;
  for (const Range& range : ranges)
    for (storage::RangeRows rows(snapshot_, {range}); rows.next() && goes_on();) {
      if (query_.past && !query_.past->holds(rows.updated())) continue;
      source.take_entries(rows.entries());
      if (refers.matches(source)) keys.push_back(rows.key());
    }
  for (const Earlier* one : earlier(include)) {
    source.take_entries(one->entries);
    if (refers.matches(source)) keys.push_back(one->version.key);
  }
  std::ranges::sort(keys);
  for (const ResourceKey key : keys) wanted_.push_back({.key = key});
}

/// Of those that are followed, as they are or as they were.
std::unordered_map<ResourceKey, std::string> Names::entries() const {
  std::vector<ResourceKey> keys;
  std::unordered_map<ResourceKey, std::string> out;
  for (const Source& one : from_)
    if (const Earlier* earlier = query_.past ? query_.past->find(one.type, one.key) : nullptr)
      out.emplace(one.key, earlier->entries);
    else
      keys.push_back(one.key);
  out.merge(storage::entries_of(snapshot_, keys));
  return out;
}

std::vector<Wanted> Names::all() {
  const auto entries = this->entries();
  Candidate candidate;
  for (const Source& one : from_) {
    const auto its = entries.find(one.key);
    candidate.take_entries(its == entries.end() ? std::string_view() : std::string_view(its->second));
    for (const Include& include : query_.includes) {
      if (!goes_on()) return std::move(wanted_);
      if (again_ && !include.iterates) continue;
      if (include.reverse)
        follow_back(include, one, candidate);
      else if (include.source == one.type)
        follow(include, candidate);
    }
  }
  return std::move(wanted_);
}

/// What is named, read and added to the page, until it is full: what its matches name, then what that names in turn.
class Collector {
 public:
  Collector(const Query& query, const storage::Snapshot& snapshot, Found& found)
      : query_(query), snapshot_(snapshot), found_(found) {
    for (const Hit& hit : found.hits) seen_.emplace(hit.key, hit.version);
    for (const Include& include : query.includes) iterates_ = iterates_ || include.iterates;
  }
  void collect();

 private:
  static constexpr std::size_t kAtOnce = 64;
  bool is_full() const { return found_.included_next.has_value() || snapshot_.budget().is_spent(); }
  std::vector<Wanted> fresh(const std::vector<Wanted>& wanted);
  void add_some(const Wanted* from, const Wanted* until, std::vector<Source>& next);
  void add(const storage::Version& version, std::vector<Source>& next);
  /// Of a page of a moment what was current then, whatever is current now.
  void add_then(const storage::Version* current, const Wanted& wanted, std::vector<Source>& next);

  const Query& query_;
  const storage::Snapshot& snapshot_;
  Found& found_;
  std::set<std::pair<ResourceKey, std::int64_t>> seen_;  ///< with their versions
  std::set<std::tuple<TypeId, std::string, std::int64_t, ResourceKey>> named_;
  std::size_t passed_ = 0;  ///< of those that were named, whether sent or not
  std::size_t bytes_ = 0;
  bool iterates_ = false;
};

/// The page before sent those that come before Query::included_from.
void Collector::add(const storage::Version& version, std::vector<Source>& next) {
  if (version.method == storage::Method::remove) return;
  if (query_.restriction && !query_.restriction->admits(version)) return;
  if (!seen_.emplace(version.key, version.version).second) return;
  if (iterates_) next.push_back({version.type, version.key, version.id});
  if (passed_ < query_.included_from) return;
  const bool is_first = found_.included.empty();
  if (!is_first && (found_.included.size() == kMostIncluded || bytes_ + version.bytes.size() > query_.page_bytes)) {
    found_.included_next = passed_;
    return;
  }
  bytes_ += version.bytes.size();
  if (!snapshot_.budget().take(version.bytes.size())) return;
  found_.included.push_back(
      {version.key, version.patient, version.id, version.version, version.updated, version.bytes, version.type});
}

void Collector::add_some(const Wanted* from, const Wanted* until, std::vector<Source>& next) {
  std::vector<ResourceKey> keys;
  std::map<TypeId, std::vector<std::string>> ids;
  for (const Wanted* one = from; one != until; ++one) {
    if (one->id.empty())
      keys.push_back(one->key);
    else if (one->version == 0)
      ids[one->type].push_back(one->id);
  }
  const auto by_key = storage::versions_of(snapshot_, keys, SIZE_MAX);
  std::map<TypeId, std::map<std::string, storage::Version, std::less<>>> by_id;
  for (const auto& [type, some] : ids) by_id.emplace(type, storage::versions_of(snapshot_, type, some, SIZE_MAX));
  for (const Wanted* one = from; one != until && !is_full(); ++one, ++passed_) {
    if (one->version != 0) {
      if (const auto version = snapshot_.version(one->type, one->id, one->version)) add(*version, next);
    } else if (one->id.empty()) {
      const auto found = by_key.find(one->key);
      add_then(found == by_key.end() ? nullptr : &found->second, *one, next);
    } else {
      const auto found = by_id[one->type].find(one->id);
      add_then(found == by_id[one->type].end() ? nullptr : &found->second, *one, next);
    }
  }
}

void Collector::add_then(const storage::Version* current, const Wanted& wanted, std::vector<Source>& next) {
  if (current && (!query_.past || query_.past->holds(current->updated))) return add(*current, next);
  if (!query_.past) return;
  const auto then = wanted.id.empty() ? query_.past->version(wanted.key) : query_.past->version(wanted.type, wanted.id);
  if (then) add(*then, next);
}

/// A page's hits mostly name the same few.
std::vector<Wanted> Collector::fresh(const std::vector<Wanted>& wanted) {
  std::vector<Wanted> out;
  for (const Wanted& one : wanted)
    if (named_.emplace(one.type, one.id, one.version, one.key).second) out.push_back(one);
  return out;
}

void Collector::collect() {
  std::vector<Source> from;
  for (const Hit& hit : found_.hits) from.push_back({hit.type, hit.key, hit.id});
  for (bool again = false; !from.empty() && !is_full(); again = true) {
    const std::vector<Wanted> wanted = fresh(Names(query_, snapshot_, from, again).all());
    std::vector<Source> next;
    for (std::size_t at = 0; at < wanted.size() && !is_full(); at += kAtOnce) {
      const std::size_t until = std::min(wanted.size(), at + kAtOnce);
      if (!iterates_ && passed_ + (until - at) <= query_.included_from)
        passed_ += until - at;  // sent before, and leading to nothing
      else
        add_some(wanted.data() + at, wanted.data() + until, next);
    }
    from = std::move(next);
  }
}

}  // namespace

void add_included(const Query& query, const storage::Snapshot& snapshot, Found& found) {
  if (found.hits.empty() || snapshot.budget().is_spent()) return;
  Collector(query, snapshot, found).collect();
}

}  // namespace varde::search
