#pragma once
/// @file server/messaging/signal.h
/// Tells a worker that there is something to do. A worker looks by itself now and then anyway: a signal may be given
/// inside a transaction that is not committed yet.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace varde::messaging {

class Signal {
 public:
  void give() {
    {
      const std::lock_guard lock(mutex_);
      ++given_;
    }
    changed_.notify_all();
  }
  std::uint64_t count() const {
    const std::lock_guard lock(mutex_);
    return given_;
  }
  /// Returns when more have been given than were `seen`, when asked to stop, or after `longest`.
  void wait(std::stop_token stop, std::uint64_t seen, std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, longest, [&] { return given_ != seen; });
  }
  template <class Done>
  void wait_until(std::chrono::steady_clock::time_point end, Done&& done) {
    while (!done()) {
      const auto seen = count();
      if (done()) return;
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, end, [&] { return given_ != seen; })) return;
    }
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t given_ = 0;
};

}  // namespace varde::messaging
