#pragma once
/// @file server/storage/engine.h
/// Where a store lies and how one gets at it: SQLite in a directory (sqlite/), or a PostgreSQL server (postgresql/).
/// Each has its schema in numbered files of its own. Faults: none; a store that cannot be used throws EngineError.
#include <memory>

#include "server/storage/condition.h"
#include "server/storage/sql.h"
#include "server/storage/storage.h"

namespace varde::storage {

class Engine {
 public:
  virtual ~Engine() = default;
  /// The one that may write, its schema brought up to date. Nobody else holds the store from here on.
  virtual std::unique_ptr<sql::Connection> open_writer() = 0;
  virtual std::unique_ptr<sql::Connection> open_reader() = 0;
  /// Whether what was opened is still what a new start would open. A commit that is followed by yes is kept.
  virtual bool is_ours() const = 0;
  virtual std::size_t bytes() = 0;  ///< that the store takes where it lies; safe from any thread
};

/// As `options` say. The directory is made in any case.
std::unique_ptr<Engine> open_engine(const Options& options, Condition& condition);

}  // namespace varde::storage
