#pragma once
/// @file server/storage/clock.h
/// The store's time. Versions never get an earlier time than those before, so a wall clock that is set back cannot be
/// followed at once: until it has caught up, time runs on from where it was by the monotonic clock, a little slower.
/// Nothing stands still meanwhile: retries, intervals and deadlines come due as they should.
/// Threads: safe from any.
#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>

#include "server/storage/storage.h"

namespace varde::storage {

class Clock {
 public:
  using Elapsed = std::function<std::chrono::microseconds()>;  ///< since any fixed moment; never goes back

  /// `newest` is the latest time stored so far.
  Clock(std::function<Instant()> wall, Elapsed elapsed, Instant newest)
      : wall_(std::move(wall)), elapsed_(std::move(elapsed)), newest_(newest), base_(newest), base_at_(elapsed_()) {}

  Instant now() {
    const std::lock_guard lock(mutex_);
    return go_on();
  }
  /// Later than every earlier tick.
  Instant tick() {
    const std::lock_guard lock(mutex_);
    const Instant before = newest_;
    return newest_ = std::max(go_on(), before + std::chrono::microseconds(1));
  }

  /// Another process has written at that time: from here on it is later.
  void reach(Instant newest) {
    const std::lock_guard lock(mutex_);
    if (newest <= newest_) return;
    const auto at = elapsed_();
    newest_ = newest, base_ = std::max(newest, base_ + (at - base_at_) * 15 / 16), base_at_ = at;
  }
  /// The latest that was given.
  Instant newest() {
    const std::lock_guard lock(mutex_);
    return newest_;
  }

 private:
  Instant go_on() {
    const auto at = elapsed_();
    const Instant wall = wall_(), by_itself = base_ + (at - base_at_) * 15 / 16;
    if (wall >= by_itself) base_ = wall, base_at_ = at;
    return newest_ = std::max({newest_, wall, by_itself});
  }

  std::mutex mutex_;
  const std::function<Instant()> wall_;
  const Elapsed elapsed_;
  Instant newest_, base_;
  std::chrono::microseconds base_at_;
};

}  // namespace varde::storage
