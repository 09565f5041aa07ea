#pragma once
/// @file server/clock/clock.h
/// What must happen at a later time. Whoever decides it writes a row (storage/due.h) in the same transaction; the clock
/// takes what has come due and calls the room that the kind belongs to, in one transaction that removes the row or
/// moves it on; what comes due together happens together, and alone where one of them cannot. A kill at any moment
/// therefore neither loses nor repeats it, and what came due while we were stopped happens at the next start. Of
/// several processes on one store, one does it. Threads: one, between start() and stop(); kinds are registered before.
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>

#include "server/interaction/repository.h"
#include "server/storage/due.h"

namespace varde::clock {

/// Removes the row or puts it at a later time. A Failure undoes all it wrote, and the row is tried again in a minute.
using Handler = std::function<Result<void>(interaction::Act&, const storage::DueRow&)>;

/// What takes long to make is made first, on a snapshot, beside the one writer; the Handler that comes of it writes it.
/// It finds out whether what was read still holds: Fault::version_conflict, and all of it is made anew.
using Preparation = std::function<Result<Handler>(const interaction::View&, const storage::DueRow&)>;

/// Of which one process does the work.
inline constexpr std::string_view kDuty = "clock";

class Clock {
 public:
  Clock(interaction::Repository repository, std::function<void(std::string_view)> log)
      : repository_(std::move(repository)), log_(std::move(log)) {}
  ~Clock() { stop(); }

  void on(storage::DueKind kind, Handler handler);
  void prepare(storage::DueKind kind, Preparation preparation) {
    handlers_.erase(kind);
    preparations_[kind] = std::move(preparation);
  }
  /// Called at the beginning of each round, before anything is taken as due. Before start().
  void each_round(std::function<void()> look) { look_ = std::move(look); }
  void start();
  void stop();
  /// One round, by the caller: how much happened. For the thread, and for tests that move the time themselves.
  std::size_t do_what_is_due();

 private:
  std::size_t do_a_round();  ///< as do_what_is_due; what goes wrong is told and waits for the next
  bool happen(const Preparation& preparation, const storage::DueRow& row);
  bool happen_alone(const storage::DueRow& row);
  std::size_t happen_together(std::span<const storage::DueRow> rows);
  void put_off(const storage::DueRow& row);

  interaction::Repository repository_;
  std::function<void(std::string_view)> log_;
  std::map<storage::DueKind, Preparation> preparations_;
  std::map<storage::DueKind, Handler> handlers_;  ///< of kinds that nothing is prepared for
  std::function<void()> look_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace varde::clock
