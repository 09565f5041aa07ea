#include "server/storage/sqlite/engine.h"

#include <fmt/format.h>

#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/log_file.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/whole_file.h"

namespace varde::storage::sqlite {
namespace {

/// The engine drops without a word what it cannot read of its log: here it is told, and kept.
LogState check_log(const std::string& database, const Options& options) {
  const std::string log = database + "-wal";
  const auto state = state_of_log(log);
  if (state == LogState::whole) return state;
  if (state == LogState::damaged && !options.accept_loss)
    throw EngineError(Trouble::damaged,
                      fmt::format("{} is damaged in the middle: what was acknowledged after the damage cannot be read. "
                                  "Restore a backup (`varde restore`), or start once with --accept-loss",
                                  log));
  const std::string kept = fmt::format("{}.{}", log, options.clock().time_since_epoch().count());
  copy_whole(log, kept);
  options.log(
      fmt::format("{}; a copy of the log is kept as {}",
                  state == LogState::damaged
                      ? "the log is damaged: what was written after the damage is lost"
                      : "the log ends in a transaction that is not whole (a power cut, or damage): it is left out",
                  kept));
  return state;
}

}  // namespace

Engine::Engine(const Options& options, Health& health)
    : options_(options), health_(health), directory_(options.directory) {}

std::unique_ptr<sql::Connection> Engine::open_writer() {
  const auto log = check_log(directory_.database_file(), options_);
  auto connection = std::make_unique<Connection>(directory_.database_file(), Access::write, health_);
  apply_schema(*connection, options_.clock());
  if (log != LogState::whole) connection->script("PRAGMA wal_checkpoint(TRUNCATE)");  // told once is enough
  return connection;
}

std::unique_ptr<sql::Connection> Engine::open_reader() {
  return std::make_unique<Connection>(directory_.database_file(), Access::read, health_);
}

}  // namespace varde::storage::sqlite
