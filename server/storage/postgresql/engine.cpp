#include "server/storage/postgresql/engine.h"

#include <filesystem>

#include "server/storage/postgresql/connection.h"
#include "server/storage/postgresql/schema.h"

namespace varde::storage::postgresql {
namespace {

constexpr sql::Query kBytes{
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_catalog.pg_class WHERE relkind = 'r' AND "
    "relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())"};
constexpr sql::Query kTakeTurn{"SELECT number, newest FROM writer_turn WHERE one = 1 FOR UPDATE"};
constexpr sql::Query kEndTurn{"UPDATE writer_turn SET number = ?1, newest = greatest(newest, ?2) WHERE one = 1"};

}  // namespace

Engine::Engine(const Options& options, Condition& condition)
    : options_(options), condition_(condition), processes_(options.server, condition) {
  // What is not in the database: keys of links, messages in folders.
  std::error_code problem;
  if (std::filesystem::create_directories(options.directory, problem))
    std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, problem);
  if (problem) throw EngineError("cannot use " + options.directory + ": " + problem.message());
}

std::unique_ptr<sql::Connection> Engine::open_writer() {
  auto connection = std::make_unique<Connection>(options_.server, Access::write, condition_);
  apply_schema(*connection, options_.clock());
  return connection;
}

std::unique_ptr<sql::Connection> Engine::open_reader() {
  return std::make_unique<Connection>(options_.server, Access::read, condition_);
}

std::optional<Turn> Engine::take_turn(sql::Connection& connection) {
  Turn turn;
  const auto connected = static_cast<Connection&>(connection).times_made();
  auto row = connection.query(kTakeTurn);
  if (!row.next()) throw EngineError("the database lacks its row of turns (writer_turn)");
  const auto number = row.integer(0);
  turn.others_wrote = number != last_turn_;
  turn.is_another = number < last_turn_ || connected != connection_;
  turn.newest = row.instant(1);
  // Should the commit fail, the number that stands there next time tells.
  last_turn_ = number + 1, connection_ = connected;
  return turn;
}

void Engine::end_turn(sql::Connection& connection, Instant newest) {
  connection.run_later(kEndTurn, last_turn_, newest);
}

std::size_t Engine::bytes() {
  const std::lock_guard lock(mutex_);
  try {
    if (!looking_) looking_ = open_reader();
    looking_->begin();
    {
      auto rows = looking_->query(kBytes);
      if (rows.next()) bytes_ = static_cast<std::size_t>(rows.integer(0));
    }
    looking_->commit();
  } catch (const EngineError&) {
    // As it was when the server last answered; what hinders is told where something is asked of it.
  }
  return bytes_;
}

}  // namespace varde::storage::postgresql
