#include "server/storage/search/past.h"

#include <string>
#include <utility>

#include "server/storage/keys.h"
#include "server/storage/sql.h"
#include "server/storage/version_row.h"

namespace varde::storage {
namespace {

// clang-format off
constexpr sql::Query kNewestOfType{"SELECT max(updated) FROM resource WHERE type = ?1"};
// From type to type: the index is never walked through.
constexpr sql::Query kNewestOfAll{
    "WITH RECURSIVE held(type) AS (SELECT min(type) FROM resource UNION ALL "
    "SELECT (SELECT min(r.type) FROM resource r WHERE r.type > held.type) FROM held WHERE held.type IS NOT NULL) "
    "SELECT max((SELECT max(r.updated) FROM resource r WHERE r.type = held.type)) FROM held"};
constexpr sql::Query kNewestOfSpread{"SELECT max(updated) FROM resource"};  // no recursion goes over nodes
constexpr sql::Query kIsAnyReplaced{
    "SELECT 1 FROM resource INDEXED BY resource_changed WHERE type = ?1 AND updated > ?2 AND version > 1 LIMIT 1"};
constexpr sql::Query kReplaced{
    "SELECT h.resource, h.patient, r.type, r.id, h.version, h.updated, h.method, '' "
    "FROM resource r INDEXED BY resource_changed CROSS JOIN history h ON h.resource = r.key AND h.version = "
    "(SELECT g.version FROM history g WHERE g.resource = r.key AND g.updated <= ?2 ORDER BY g.version DESC LIMIT 1) "
    "WHERE r.type = ?1 AND r.updated > ?2 AND r.version > 1 AND h.method <> 2 LIMIT ?3"};
constexpr sql::Query kVersionThen{
    "SELECT resource, patient, type, '', version, updated, method, bytes FROM history "
    "WHERE resource = ?1 AND updated <= ?2 ORDER BY version DESC LIMIT 1"};
// Where rows are spread an older version may stand with another patient than the newest.
constexpr sql::Query kChanged{
    "SELECT key, id FROM resource WHERE type = ?1 AND updated > ?2 AND version > 1 LIMIT ?3"};
// clang-format on

Instant newest_of(sql::Rows rows) { return rows.next() && !rows.is_null(0) ? rows.instant(0) : Instant::min(); }

std::optional<Version> then_of(const Snapshot& snapshot, ResourceKey key, const std::string& id, Instant moment) {
  auto rows = snapshot.connection().query(kVersionThen, key, moment);
  if (!rows.next()) return std::nullopt;
  Version found = read_version(rows);
  found.id = id;
  return found;
}

}  // namespace

Instant newest(const Snapshot& snapshot, fhir::TypeId type) {
  return newest_of(snapshot.connection().query(kNewestOfType, type_key(type)));
}

Instant newest(const Snapshot& snapshot) {
  auto& connection = snapshot.connection();
  return newest_of(connection.query(connection.manner().is_spread ? kNewestOfSpread : kNewestOfAll));
}

bool is_any_replaced_since(const Snapshot& snapshot, fhir::TypeId type, Instant moment) {
  return snapshot.connection().query(kIsAnyReplaced, type_key(type), moment).next();
}

std::vector<Version> replaced_since(const Snapshot& snapshot, fhir::TypeId type, Instant moment, std::size_t most) {
  std::vector<Version> out;
  if (snapshot.connection().manner().is_spread) {
    std::vector<std::pair<ResourceKey, std::string>> changed;
    for (auto rows = snapshot.connection().query(kChanged, type_key(type), moment, most); rows.next();)
      changed.emplace_back(rows.key<ResourceKey>(0), rows.string(1));
    for (const auto& [key, id] : changed) {
      if (!snapshot.budget().spend()) break;
      auto then = then_of(snapshot, key, id, moment);
      if (!then || then->method == Method::remove) continue;
      then->bytes.clear();
      out.push_back(std::move(*then));
    }
    return out;
  }
  for (auto rows = snapshot.connection().query(kReplaced, type_key(type), moment, most); rows.next();) {
    if (!snapshot.budget().spend()) break;
    out.push_back(read_version(rows));
  }
  return out;
}

std::optional<Version> version_at(const Snapshot& snapshot, ResourceKey key, Instant moment) {
  auto current = snapshot.current(key);
  if (current && current->updated > moment) current = then_of(snapshot, key, current->id, moment);
  if (current && current->method == Method::remove) return std::nullopt;
  return current;
}

}  // namespace varde::storage
