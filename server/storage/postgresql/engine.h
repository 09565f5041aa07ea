#pragma once
/// @file server/storage/postgresql/engine.h
/// A database of a PostgreSQL server, which any number of varde processes share. They write by turns: a writer's
/// transaction begins by locking the one row of writer_turn and ends by counting it up, so that each sees all that the
/// ones before committed, keys and times never collide, and no write is lost. What follows from that: versions,
/// conditions and rules are judged as if there were one process.
#include <memory>
#include <mutex>

#include "server/storage/engine.h"
#include "server/storage/postgresql/processes.h"

namespace varde::storage::postgresql {

class Engine final : public storage::Engine {
 public:
  Engine(const Options& options, Condition& condition);
  std::unique_ptr<sql::Connection> open_writer() override;
  std::unique_ptr<sql::Connection> open_reader() override;
  bool is_ours() const override { return true; }
  std::size_t bytes() override;
  bool is_shared() const override { return true; }
  std::optional<Turn> take_turn(sql::Connection& connection) override;
  void end_turn(sql::Connection& connection, Instant newest) override;
  bool hold(std::string_view duty) override { return processes_.hold(duty); }
  void on_news(std::function<void(std::string_view)> hear) override { processes_.on_news(std::move(hear)); }
  bool is_first_use(std::string_view proof, std::int64_t until) override {
    return processes_.is_first_use(proof, until);
  }
  std::string common_secret(std::string_view name, std::string_view own) override {
    return processes_.common_secret(name, own);
  }

 private:
  const Options& options_;
  Condition& condition_;
  std::mutex mutex_;
  std::unique_ptr<sql::Connection> looking_;  ///< at its size
  std::size_t bytes_ = 0;
  std::int64_t last_turn_ = -1;   ///< number of our last one; the writer's
  std::uint64_t connection_ = 0;  ///< on which of the writer's connections
  Processes processes_;
};

}  // namespace varde::storage::postgresql
