#include "server/search/include.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "fhir-model/element/reference.h"
#include "server/search/canonical.h"

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

struct Collector {
  const storage::Snapshot& snapshot;
  const Restriction* restriction;
  Found& found;
  const std::size_t most_bytes;
  std::set<std::pair<ResourceKey, std::int64_t>> seen = {};  ///< with their versions
  std::size_t bytes = 0;

  /// Nothing more can be added, or nothing more may be looked for.
  bool is_full() const { return found.included_cut || !snapshot.budget().spend(); }

  void add(std::optional<storage::Version> version) {
    if (!version || version->method == storage::Method::remove) return;
    if (restriction && !restriction->admits(version->type, version->patient)) return;
    if (!seen.emplace(version->key, version->version).second) return;
    bytes += version->bytes.size();
    if (found.included.size() == kMostIncluded || bytes > most_bytes ||
        !snapshot.budget().take(version->bytes.size())) {
      found.included_cut = true;
      return;
    }
    found.included.push_back(
        {version->type,
         {version->key, version->patient, version->id, version->version, version->updated, std::move(version->bytes)}});
  }
  void add_all(const std::vector<ResourceKey>& keys) {
    for (const ResourceKey key : keys)
      if (!is_full()) add(snapshot.current(key));
  }

  void follow(const Include& include, const Candidate& source) {
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
          add(snapshot.version(literal.type, literal.id, number_of(literal.version)));
      } else {
        follow_canonical(include, entry.text);
      }
    }
    for (const IndexEntry& entry : source.entries) {
      if (!is_of(entry, EntryKind::reference)) continue;
      const TypeId type = storage::type_of(static_cast<storage::TypeKey>(entry.first));
      const std::string literal = std::string(fhir::row_of(type).name) + "/" + std::string(entry.text);
      if (is_wanted(include, type) && !versioned.contains(literal)) add(snapshot.current(type, entry.text));
    }
  }

  void follow_canonical(const Include& include, std::string_view text) {
    for (const TypeId type : include.parameter->target_types)
      if (is_wanted(include, type) && !is_full()) add_all(find_canonical(type, parse_canonical(text), snapshot));
  }

  void follow_back(const Include& include, TypeId type, const std::string& id, const Candidate& target) {
    Criterion refers;
    refers.parameter = include.parameter;
    refers.keys = include.parameter->keys;
    refers.only = include.target;
    refers.targets.emplace_back(storage::type_key(type), id);
    std::vector<Range> ranges;
    for (const ParameterKey key : refers.keys)
      ranges.push_back(target_range(key, storage::type_key(type), id, storage::PatientKey::none));
    for (ReferenceValue& value : canonicals_of(type, target)) {
      for (const ParameterKey key : refers.keys) add_url_ranges(key, value, ranges);
      refers.values.emplace_back(std::move(value));
    }
    Candidate source;
    for (const Range& range : ranges) {
      std::vector<ResourceKey> sources;
      for (RangeRows rows(snapshot.connection(), range); rows.next() && sources.size() <= kMostIncluded;) {
        source.take_entries(rows.row().text(kEntries));
        if (refers.matches(source)) sources.push_back(rows.row().key<ResourceKey>(kKey));
      }
      add_all(sources);
    }
  }
};

std::string entries_of(ResourceKey key, const storage::Snapshot& snapshot) {
  auto rows = snapshot.connection().query(std::string_view("SELECT entries FROM resource WHERE key = ?1"), key);
  return rows.next() ? rows.string(0) : std::string();
}

}  // namespace

void add_included(const Query& query, const storage::Snapshot& snapshot, Found& found) {
  Collector collector{snapshot, query.restriction, found, query.page_bytes};
  for (const Hit& hit : found.hits) collector.seen.emplace(hit.key, hit.version);
  Candidate candidate;
  for (const Hit& hit : found.hits) {
    const std::string entries = entries_of(hit.key, snapshot);
    candidate.take_entries(entries);
    for (const Include& include : query.includes) {
      if (collector.is_full()) return;
      if (include.reverse)
        collector.follow_back(include, query.type, hit.id, candidate);
      else
        collector.follow(include, candidate);
    }
  }
}

}  // namespace varde::search
