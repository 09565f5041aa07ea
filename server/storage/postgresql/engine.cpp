#include "server/storage/postgresql/engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <utility>

#include "server/storage/postgresql/connection.h"
#include "server/storage/postgresql/schema.h"

namespace varde::storage::postgresql {
namespace {

constexpr sql::Query kBytes{
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_catalog.pg_class WHERE relkind = 'r' AND "
    "relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())"};
constexpr sql::Query kSpreadBytes{
    "SELECT coalesce(sum(citus_total_relation_size(logicalrelid)), 0)::bigint FROM pg_catalog.pg_dist_partition WHERE "
    "logicalrelid IN (SELECT oid FROM pg_catalog.pg_class WHERE relnamespace = (SELECT oid FROM "
    "pg_catalog.pg_namespace WHERE nspname = current_schema()))"};
// clang-format off
// Of the session: the lowest place that nobody holds.
constexpr sql::Query kPlace{
    "SELECT place FROM generate_series(1, 10000) AS place "
    "WHERE pg_try_advisory_lock(1447121477, hashtext(current_schema() || '/writer/' || place)) LIMIT 1"};
constexpr sql::Query kReachAll{
    "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/everything', 0))"};
constexpr sql::Query kShareAll{
    "SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || '/everything', 0))"};
// In one order, whoever asks: two that want the same do not wait for each other.
constexpr sql::Query kReachPatients{
    "SELECT count(pg_advisory_xact_lock(lock)) FROM (SELECT DISTINCT "
    "hashtextextended(current_schema() || '/patient/' || id, 0) AS lock FROM unnest(CAST(?1 AS TEXT[])) AS id "
    "ORDER BY 1) AS sorted"};
constexpr sql::Query kTurn{
    "SELECT (SELECT CAST(coalesce(sum(number), 0) AS BIGINT) FROM writer WHERE place <> ?1), "
    "(SELECT coalesce(max(newest), 0) FROM writer), "
    "(SELECT coalesce(max(newest), 0) FROM writer WHERE place <> ?1), (SELECT next FROM key_block WHERE one = 1), "
    "(SELECT value FROM setting WHERE name = 'erasures')"};
constexpr sql::Query kEndTurn{
    "INSERT INTO writer (place, number, newest) VALUES (?1, 1, ?2) ON CONFLICT (place) DO UPDATE SET "
    "number = writer.number + 1, newest = greatest(writer.newest, excluded.newest)"};
// clang-format on

/// As PostgreSQL writes an array of texts; an id holds letters, digits, '-' and '.'.
std::string array_of(const std::vector<std::string>& ids) { return fmt::format("{{\"{}\"}}", fmt::join(ids, "\",\"")); }

}  // namespace

Engine::Engine(const Options& options, Health& health)
    : options_(options), health_(health), processes_(options.server, health) {
  // What is not in the database: keys of links, messages in folders.
  std::error_code problem;
  if (std::filesystem::create_directories(options.directory, problem))
    std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, problem);
  if (problem) throw EngineError("cannot use " + options.directory + ": " + problem.message());
}

std::unique_ptr<sql::Connection> Engine::open_writer() {
  auto connection = std::make_unique<Connection>(options_.server, Access::write, health_);
  apply_schema(*connection, options_.clock());
  return connection;
}

std::unique_ptr<sql::Connection> Engine::open_reader() {
  return std::make_unique<Connection>(options_.server, Access::read, health_);
}

std::optional<Turn> Engine::take_turn(sql::Connection& connection, const Reach& reach) {
  Turn turn;
  const auto connected = static_cast<Connection&>(connection).times_made();
  turn.is_another = connected != connection_;
  if (turn.is_another) {
    auto row = connection.query(kPlace);
    if (!row.next()) throw EngineError("more processes write to this database than there are places");
    place_ = row.integer(0), connection_ = connected, others_ = -1;
  }
  if (reach.everything) {
    connection.run_later(kReachAll);
  } else {
    connection.run_later(kShareAll);
    connection.run_later(kReachPatients, array_of(reach.patients));
  }
  // A statement of its own: it sees what those have committed that the locks were waited for.
  auto row = connection.query(kTurn, place_);
  if (!row.next() || row.is_null(3)) throw EngineError("the database lacks its row of keys (key_block)");
  turn.others_wrote = row.integer(0) != others_;
  turn.newest = row.instant(1), turn.others_newest = row.instant(2), turn.next_resource = row.integer(3);
  others_ = row.integer(0);
  if (std::exchange(erasures_, row.integer(4)) != row.integer(4)) turn.is_another = true;
  return turn;
}

void Engine::end_turn(sql::Connection& connection, Instant newest) { connection.run_later(kEndTurn, place_, newest); }

std::size_t Engine::bytes() {
  const std::lock_guard lock(mutex_);
  try {
    if (!looking_) looking_ = open_reader();
    looking_->begin();
    {
      auto rows = looking_->query(kBytes);
      if (rows.next()) bytes_ = static_cast<std::size_t>(rows.integer(0));
    }
    if (looking_->manner().is_spread) {  // what was counted then is this node's, without the rows that are spread
      auto rows = looking_->query(kSpreadBytes);
      if (rows.next()) bytes_ += static_cast<std::size_t>(rows.integer(0));
    }
    looking_->commit();
  } catch (const EngineError&) {
    // As it was when the server last answered; what hinders is told where something is asked of it.
  }
  return bytes_;
}

}  // namespace varde::storage::postgresql
