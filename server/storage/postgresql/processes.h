#pragma once
/// @file server/storage/postgresql/processes.h
/// What the varde processes that share a database have between them, beside their turns at writing (engine.h): which of
/// them does a duty, what one tells the others, what was used once, what all have alike. On one connection of its own:
/// a duty is a lock of its session, which the server gives to the next as soon as a process or its machine is gone.
/// Faults: none; a server that cannot be reached throws EngineError. Threads: safe from any; one of its own that
/// listens.
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "server/storage/postgresql/connection.h"

namespace varde::storage::postgresql {

class Processes {
 public:
  Processes(std::string url, Health& health) : connection_(std::move(url), Access::beside, health) {}

  bool hold(std::string_view duty);
  void on_news(std::function<void(std::string_view)> hear);
  bool is_first_use(std::string_view proof, std::int64_t until);
  std::string common_secret(std::string_view name, std::string_view own);
  /// See storage::Engine. That the next block begins behind is on the disk at the latest with what was stored by it.
  std::int64_t take_keys(std::int64_t count);

 private:
  using SteadyClock = std::chrono::steady_clock;
  /// Under the mutex: a session that can be asked; what an earlier one held is gone.
  Connection& session();
  void listen(const std::stop_token& stop, const std::function<void(std::string_view)>& hear);
  /// What has come, one after the other; `missed`: the session is a new one.
  std::optional<std::string> next_news(bool& missed);

  std::mutex mutex_;
  Connection connection_;
  std::uint64_t made_ = 0;  ///< the connection that what follows is of
  std::string schema_;
  std::unordered_set<std::string> held_;
  std::unordered_map<std::string, SteadyClock::time_point> asked_;  ///< for a duty that another one does
  std::jthread thread_;                                             // last, so that it stops first
};

}  // namespace varde::storage::postgresql
