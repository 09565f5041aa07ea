#pragma once
/// @file server/storage/postgresql/engine.h
/// A database of a PostgreSQL server, held by one varde process at a time.
#include <mutex>

#include "server/storage/engine.h"

namespace varde::storage::postgresql {

class Engine final : public storage::Engine {
 public:
  Engine(const Options& options, Condition& condition);
  std::unique_ptr<sql::Connection> open_writer() override;
  std::unique_ptr<sql::Connection> open_reader() override;
  bool is_ours() const override { return true; }
  std::size_t bytes() override;

 private:
  const Options& options_;
  Condition& condition_;
  std::mutex mutex_;
  std::unique_ptr<sql::Connection> looking_;  ///< at its size
  std::size_t bytes_ = 0;
};

}  // namespace varde::storage::postgresql
