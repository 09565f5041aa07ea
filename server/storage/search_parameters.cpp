#include "server/storage/search_parameters.h"

#include "server/storage/keys.h"
#include "server/storage/known_patients.h"
#include "server/storage/sql.h"

namespace varde::storage::search_parameters {
namespace {

using State = ParameterRow::State;

// clang-format off
constexpr sql::Query kNumber{"SELECT value FROM setting WHERE name = 'search-parameters'"};
constexpr sql::Query kSetNumber{
    "INSERT INTO setting (name, value) VALUES ('search-parameters', ?1) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
constexpr sql::Query kAll{
    "SELECT type, code, state, kind, expression, targets, resource, url FROM search_parameter ORDER BY type, code"};
constexpr sql::Query kPut{
    "INSERT INTO search_parameter (type, code, state, kind, expression, targets, resource, url) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (type, code) DO UPDATE SET state = excluded.state, "
    "kind = excluded.kind, expression = excluded.expression, targets = excluded.targets, "
    "resource = excluded.resource, url = excluded.url"};
constexpr sql::Query kDropFinished{
    "DELETE FROM search_parameter WHERE type = ?1 AND (state = ?2 OR resource = '')"};
constexpr sql::Query kUse{"UPDATE search_parameter SET state = ?2 WHERE type = ?1 AND state = ?3"};
constexpr sql::Query kNewest{"SELECT coalesce(max(key), 0) FROM resource"};
constexpr sql::Query kBegin{
    "INSERT INTO reindexing (type, after, newest, done) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (type) DO UPDATE "
    "SET after = excluded.after, newest = excluded.newest, done = excluded.done"};
constexpr sql::Query kUnfinished{"SELECT type, after, newest, done FROM reindexing ORDER BY type"};
constexpr sql::Query kFinished{"DELETE FROM reindexing WHERE type = ?1"};
constexpr sql::Query kNext{
    "SELECT id, key, method FROM resource WHERE type = ?1 AND id > ?2 ORDER BY id LIMIT ?3"};
constexpr sql::Query kIndexedBy{"SELECT type, parameters FROM indexed_by ORDER BY type"};
constexpr sql::Query kSetIndexedBy{
    "INSERT INTO indexed_by (type, parameters) VALUES (?1, ?2) "
    "ON CONFLICT (type) DO UPDATE SET parameters = excluded.parameters"};
// clang-format on

/// The time of the job: no two have the same, kept or undone.
void announce(Transaction& transaction) {
  const auto number = transaction.now().time_since_epoch().count();
  transaction.connection().run_later(kSetNumber, number);
  if (auto* known = transaction.known_patients()) known->changed(), known->note_search_parameters(number);
}

}  // namespace

std::int64_t number(const Snapshot& snapshot) {
  auto* known = snapshot.known_patients();
  if (known && known->search_parameters()) return *known->search_parameters();
  auto rows = snapshot.connection_of_common().query(kNumber);
  const std::int64_t found = rows.next() ? rows.integer(0) : 0;
  if (known) known->note_search_parameters(found);
  return found;
}

std::vector<ParameterRow> all(const Snapshot& snapshot) {
  std::vector<ParameterRow> out;
  for (auto rows = snapshot.connection_of_common().query(kAll); rows.next();)
    out.push_back({type_of(rows.key<TypeKey>(0)), rows.string(1), rows.key<State>(2), rows.string(3), rows.string(4),
                   rows.string(5), rows.string(6), rows.string(7)});
  return out;
}

void put(Transaction& transaction, const ParameterRow& row) {
  transaction.connection().run_later(kPut, type_key(row.type), row.code, row.state, row.kind, row.expression,
                                     row.targets, row.resource, row.url);
  announce(transaction);
}

void begin(Transaction& transaction, fhir::TypeId type) {
  auto rows = transaction.connection().query(kNewest);
  const auto newest = rows.next() ? rows.key<ResourceKey>(0) : ResourceKey::none;
  advance(transaction, {type, "", newest, 0});
  announce(transaction);
}

std::vector<Reindexing> unfinished(const Snapshot& snapshot) {
  std::vector<Reindexing> out;
  for (auto rows = snapshot.connection().query(kUnfinished); rows.next();)
    out.push_back({type_of(rows.key<TypeKey>(0)), rows.string(1), rows.key<ResourceKey>(2), rows.integer(3)});
  return out;
}

std::vector<std::pair<std::string, ResourceKey>> next(const Snapshot& snapshot, const Reindexing& of, std::size_t count,
                                                      std::string& last) {
  std::vector<std::pair<std::string, ResourceKey>> out;
  last.clear();
  for (auto rows = snapshot.connection().query(kNext, type_key(of.type), of.after, count); rows.next();) {
    last = rows.text(0);
    const auto key = rows.key<ResourceKey>(1);
    if (key <= of.newest && rows.key<Method>(2) != Method::remove) out.emplace_back(last, key);
  }
  return out;
}

void advance(Transaction& transaction, const Reindexing& to) {
  transaction.connection().run_later(kBegin, type_key(to.type), to.after, to.newest, to.done);
}

void finish(Transaction& transaction, fhir::TypeId type) {
  transaction.connection().run_later(kDropFinished, type_key(type), State::leaving);
  transaction.connection().run_later(kUse, type_key(type), State::used, State::indexed);
  transaction.connection().run_later(kFinished, type_key(type));
  announce(transaction);
}

std::vector<std::pair<fhir::TypeId, std::string>> indexed_by(const Snapshot& snapshot) {
  std::vector<std::pair<fhir::TypeId, std::string>> out;
  for (auto rows = snapshot.connection().query(kIndexedBy); rows.next();)
    out.emplace_back(type_of(rows.key<TypeKey>(0)), rows.string(1));
  return out;
}

void set_indexed_by(Transaction& transaction, fhir::TypeId type, std::string_view parameters) {
  transaction.connection().run_later(kSetIndexedBy, type_key(type), parameters);
}

}  // namespace varde::storage::search_parameters
