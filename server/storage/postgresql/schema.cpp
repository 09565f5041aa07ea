#include "server/storage/postgresql/schema.h"

#include "server/storage/schema.h"

namespace varde::storage::postgresql {
namespace {

// clang-format off
constexpr sql::Query kTables{
    "SELECT count(*), count(*) FILTER (WHERE relname = 'schema_version') FROM pg_catalog.pg_class "
    "WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema()) AND relkind IN ('r', 'p')"};
// clang-format on

constexpr const char* kOneAtATime = "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '/schema'))";

void claim_schema(sql::Connection& connection) {
  {
    auto rows = connection.query(kTables);
    rows.next();
    if (rows.integer(1) != 0) return;
    if (rows.integer(0) != 0)
      throw EngineError(
          "the database holds tables of another program; choose another database, or another schema by search_path");
  }
  connection.script(
      "CREATE TABLE schema_version (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL)");
}

}  // namespace

void apply_schema(sql::Connection& connection, Instant now) {
  connection.script("BEGIN");
  try {
    connection.script(kOneAtATime);  // processes may start together
    claim_schema(connection);
    apply_schema_files(connection, "postgresql", now);
    connection.script("COMMIT");
  } catch (...) {
    connection.script("ROLLBACK");
    throw;
  }
}

}  // namespace varde::storage::postgresql
