#include "server/search/include.h"

#include <algorithm>
#include <set>

namespace varde::search {
namespace {

using storage::ResourceKey;

struct Collector {
  const storage::Snapshot& snapshot;
  Found& found;
  std::set<ResourceKey> seen;

  void add(std::optional<storage::Version> version) {
    if (!version || version->method == storage::Method::remove || !seen.insert(version->key).second) return;
    if (found.included.size() == kMostIncluded) {
      found.included_cut = true;
      return;
    }
    found.included.push_back(
        {version->type, {version->key, version->id, version->version, version->updated, std::move(version->bytes)}});
  }

  void follow(const Include& include, ResourceKey source) {
    std::string encoded;
    {
      auto rows = snapshot.connection().query(std::string_view("SELECT entries FROM resource WHERE key = ?1"), source);
      if (rows.next()) encoded = rows.string(0);
    }
    Candidate candidate;
    candidate.take_entries(encoded);
    for (const storage::IndexEntry& entry : candidate.entries) {
      if (entry.kind != storage::EntryKind::reference ||
          std::ranges::find(include.parameter->keys, entry.parameter) == include.parameter->keys.end())
        continue;
      const fhir::TypeId type = storage::type_of(static_cast<storage::TypeKey>(entry.first));
      if (include.target == fhir::TypeId::none || include.target == type) add(snapshot.current(type, entry.text));
    }
  }

  void follow_back(const Include& include, fhir::TypeId type, const std::string& id) {
    for (const ParameterKey key : include.parameter->keys) {
      Range range;
      range.walk = Walk::target;
      range.fixed = {cell(key), cell(storage::type_key(type)), id};
      std::vector<ResourceKey> sources;
      for (auto rows = range.open(snapshot.connection(), range.sql(false, 0), nullptr);
           rows.next() && sources.size() <= kMostIncluded;)
        sources.push_back(rows.key<ResourceKey>(kKey));
      for (const ResourceKey source : sources) add(snapshot.current(source));
    }
  }
};

}  // namespace

void add_included(const Query& query, const storage::Snapshot& snapshot, Found& found) {
  Collector collector{snapshot, found, {}};
  for (const Hit& hit : found.hits) collector.seen.insert(hit.key);
  for (const Hit& hit : found.hits)
    for (const Include& include : query.includes) {
      if (include.reverse)
        collector.follow_back(include, query.type, hit.id);
      else
        collector.follow(include, hit.key);
    }
}

}  // namespace varde::search
