#pragma once
/// @file server/storage/postgresql/engine.h
/// A database of a PostgreSQL server, which any number of varde processes share. They write by turns: a writer's
/// transaction begins by taking the locks of what it reaches, which end with it: those of the patients that it names
/// and, shared, the one on everything, or that one alone. So writes of different patients go on beside each other, each
/// sees all that was committed of its own patients, and who reaches everything sees all. What follows from that:
/// versions, conditions and rules are judged as if there were one process.
#include <memory>
#include <mutex>

#include "server/storage/engine.h"
#include "server/storage/postgresql/processes.h"

namespace varde::storage::postgresql {

class Engine final : public storage::Engine {
 public:
  Engine(const Options& options, Health& health);
  std::unique_ptr<sql::Connection> open_writer() override;
  std::unique_ptr<sql::Connection> open_reader() override;
  bool is_ours() const override { return true; }
  std::size_t bytes() override;
  bool is_shared() const override { return true; }
  std::optional<Turn> take_turn(sql::Connection& connection, const Reach& reach) override;
  void end_turn(sql::Connection& connection, Instant newest) override;
  std::int64_t take_keys(std::int64_t count) override { return processes_.take_keys(count); }
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
  Health& health_;
  std::mutex mutex_;
  std::unique_ptr<sql::Connection> looking_;  ///< at its size
  std::size_t bytes_ = 0;
  // The writer's:
  std::int64_t place_ = 0;        ///< among the processes that write, from 1
  std::int64_t others_ = -1;      ///< how many turns of others we have seen committed
  std::uint64_t connection_ = 0;  ///< on which of the writer's connections
  std::int64_t erasures_ = 0;     ///< how many of patients we know of
  Processes processes_;
};

}  // namespace varde::storage::postgresql
