#include "server/storage/postgresql/spread.h"

#include <fmt/format.h>

#include <array>

#include "server/storage/postgresql/connection.h"
#include "server/storage/postgresql/schema.h"

namespace varde::storage::postgresql {
namespace {

// clang-format off
constexpr std::array kTables{
  SpreadRow{"resource",         Spread::by_patient},
  SpreadRow{"history",          Spread::by_patient},
  SpreadRow{"token",            Spread::by_patient},
  SpreadRow{"reference",        Spread::by_patient},
  SpreadRow{"date",             Spread::by_patient},
  SpreadRow{"string",           Spread::by_patient},
  SpreadRow{"uri",              Spread::by_patient},
  SpreadRow{"number",           Spread::by_patient},
  SpreadRow{"word",             Spread::by_patient},
  SpreadRow{"measurement",      Spread::by_patient},
  SpreadRow{"observed",         Spread::by_patient},
  SpreadRow{"measure_limits",   Spread::by_patient},
  SpreadRow{"enrolment",        Spread::by_patient},
  SpreadRow{"open_alert",       Spread::by_patient},
  SpreadRow{"due",              Spread::by_patient},
  SpreadRow{"worklist",         Spread::by_patient},
  SpreadRow{"told",             Spread::by_patient},
  SpreadRow{"outbox",           Spread::by_patient},
  SpreadRow{"journal",          Spread::by_patient},
  SpreadRow{"care_relation",    Spread::by_patient},
  SpreadRow{"named_patient",    Spread::by_patient},  // whom the resource names
  SpreadRow{"audit",            Spread::by_patient},
  SpreadRow{"audit_waiting",    Spread::by_patient},
  SpreadRow{"locator",          Spread::by_id},
  SpreadRow{"awaited",          Spread::by_id},
  SpreadRow{"patient",          Spread::on_all},
  SpreadRow{"symbol",           Spread::on_all},
  SpreadRow{"resource_type",    Spread::on_all},
  SpreadRow{"inbox",            Spread::not_at_all},
  SpreadRow{"inbox_bytes",      Spread::not_at_all},
  SpreadRow{"route",            Spread::not_at_all},
  SpreadRow{"journal_receiver", Spread::not_at_all},
  SpreadRow{"search_parameter", Spread::not_at_all},
  SpreadRow{"reindexing",       Spread::not_at_all},
  SpreadRow{"indexed_by",       Spread::not_at_all},
  SpreadRow{"seen_proof",       Spread::not_at_all},
  SpreadRow{"page_session",     Spread::not_at_all},
  SpreadRow{"common_secret",    Spread::not_at_all},
  SpreadRow{"setting",          Spread::not_at_all},
  SpreadRow{"writer",           Spread::not_at_all},
  SpreadRow{"key_block",        Spread::not_at_all},
  SpreadRow{"schema_version",   Spread::not_at_all},
};
// clang-format on

constexpr sql::Query kHasCitus{"SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus'"};
constexpr sql::Query kIsInUse{
    "SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = 1447121476 AND objsubid = 2 AND "
    "objid = hashtext(current_schema())::bit(32)::bigint AND database = (SELECT oid FROM pg_catalog.pg_database WHERE "
    "datname = current_database())"};
constexpr sql::Query kIsSpread{
    "SELECT 1 FROM pg_catalog.pg_dist_partition WHERE logicalrelid = to_regclass(current_schema() || '.' || ?1)"};

std::string statement_of(const SpreadRow& row) {
  switch (row.by) {
    case Spread::by_patient:
      return fmt::format("SELECT create_distributed_table('{}', 'patient', colocate_with => '{}')", row.table,
                         row.table == kTables.front().table ? "none" : kTables.front().table);
    case Spread::by_id:
      return fmt::format("SELECT create_distributed_table('{}', 'id', colocate_with => 'none')", row.table);
    case Spread::on_all: return fmt::format("SELECT create_reference_table('{}')", row.table);
    case Spread::not_at_all: break;
  }
  return {};
}

}  // namespace

std::span<const SpreadRow> spread_rows() { return kTables; }

std::vector<std::string> spread(const Options& options) {
  Health health;
  Connection connection(options.server, Access::beside, health);
  connection.begin();
  connection.rollback();  // each statement by itself from here on
  if (!connection.query(kHasCitus).next())
    throw EngineError("the database has no Citus: CREATE EXTENSION citus, on a server that loads it at its start");
  if (connection.query(kIsInUse).next())
    throw EngineError(Trouble::locked, "a varde process is using this database; stop it first");
  apply_schema(connection, options.clock());
  std::vector<std::string> done;
  std::string text = "BEGIN; SET LOCAL citus.multi_shard_modify_mode = 'sequential'";
  for (const SpreadRow& row : kTables) {
    if (row.by == Spread::not_at_all || connection.query(kIsSpread, row.table).next()) continue;
    text += "; " + statement_of(row);
    done.emplace_back(row.table);
  }
  if (!done.empty()) connection.script(text + "; COMMIT");
  return done;
}

}  // namespace varde::storage::postgresql
