#pragma once
/// @file server/storage/engine.h
/// Where a store lies and how one gets at it: SQLite in a directory (sqlite/), or a PostgreSQL server (postgresql/).
/// Each has its schema in numbered files of its own. Faults: none; a store that cannot be used throws EngineError.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/storage/health.h"
#include "server/storage/sql.h"
#include "server/storage/storage.h"

namespace varde::storage {

/// What a writer that shares its store must know at the beginning of a transaction.
struct Turn {
  bool others_wrote = true;  ///< since the last of ours: counters and what may change is no longer as remembered
  bool is_another = true;    ///< the store may lack what we saw committed, after a fail-over: nothing is as remembered
  Instant newest{};          ///< time of the last write
  Instant others_newest{};   ///< of one of another process
  std::int64_t next_resource = 0;  ///< the key that the next block of them begins with
};

class Engine {
 public:
  virtual ~Engine() = default;
  /// The one that may write, its schema brought up to date.
  virtual std::unique_ptr<sql::Connection> open_writer() = 0;
  virtual std::unique_ptr<sql::Connection> open_reader() = 0;
  /// Whether what was opened is still what a new start would open. A commit that is followed by yes is kept.
  virtual bool is_ours() const = 0;
  virtual std::size_t bytes() = 0;  ///< that the store takes where it lies; safe from any thread

  // Where processes share a store; see Database for what is said of the rest. Safe from any thread, but for turns,
  // which are the writer's.
  virtual bool is_shared() const { return false; }
  /// First thing in the writer's transaction: until it ends no other process writes what is reached, `patients` sorted
  /// and each once. nullopt: none can at all.
  virtual std::optional<Turn> take_turn(sql::Connection&, const Reach&) { return std::nullopt; }
  /// Last thing in it. `newest`: the time of what was written.
  virtual void end_turn(sql::Connection&, Instant /*newest*/) {}
  /// The first of so many keys of resources, which nobody else gets; at once, whatever becomes of the transaction.
  virtual std::int64_t take_keys(std::int64_t /*count*/) { return 0; }
  virtual bool hold(std::string_view /*duty*/) { return true; }
  virtual void on_news(std::function<void(std::string_view)> /*hear*/) {}
  virtual bool is_first_use(std::string_view /*proof*/, std::int64_t /*until*/) { return true; }
  virtual std::string common_secret(std::string_view /*name*/, std::string_view own) { return std::string(own); }
};

/// As `options` say. The directory is made in any case.
std::unique_ptr<Engine> open_engine(const Options& options, Health& health);

}  // namespace varde::storage
