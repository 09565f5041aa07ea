#include "server/storage/sqlite/schema.h"

#include <fmt/format.h>

#include "server/storage/schema.h"

namespace varde::storage::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x56415244;  // "VARD", https://www.sqlite.org/fileformat2.html#application_id
constexpr sql::Query kReadApplicationId{"PRAGMA application_id"};
constexpr sql::Query kCountTables{"SELECT count(*) FROM sqlite_schema"};
std::int64_t one_number(sql::Connection& connection, const sql::Query& query) {
  auto rows = connection.query(query);
  return rows.next() ? rows.integer(0) : 0;
}

void claim_file(sql::Connection& connection) {
  const auto application = one_number(connection, kReadApplicationId);
  if (application == kApplicationId) return;
  if (application != 0 || one_number(connection, kCountTables) != 0)
    throw EngineError("varde.db is a database of another program; choose another data directory");
  connection.script(fmt::format("PRAGMA application_id = {}", kApplicationId));
  connection.script(
      "CREATE TABLE schema_version (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL) STRICT");
}

}  // namespace

void check_schema(sql::Connection& connection) {
  if (one_number(connection, kReadApplicationId) != kApplicationId)
    throw EngineError("this is not a database of Varde");
  check_known_schema(connection, "sqlite");
}

void apply_schema(sql::Connection& connection, Instant now) {
  connection.script("BEGIN IMMEDIATE");
  try {
    claim_file(connection);
    apply_schema_files(connection, "sqlite", now);
    connection.script("COMMIT");
  } catch (...) {
    if (connection.in_transaction()) connection.script("ROLLBACK");
    throw;
  }
}

}  // namespace varde::storage::sqlite
