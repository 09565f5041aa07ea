#pragma once
/// @file server/messaging/clock_watch.h
/// Notices that somebody has set the clock: it has moved otherwise than time has passed.
#include <chrono>
#include <functional>
#include <optional>

#include "server/storage/storage.h"

namespace varde::messaging {

class ClockWatch {
 public:
  using Elapsed = std::function<std::chrono::microseconds()>;  ///< never set; goes on while the machine sleeps
  static constexpr std::chrono::seconds kJump{60};             ///< less is a clock being kept right

  ClockWatch(std::function<storage::Instant()> wall, Elapsed elapsed);
  /// By how much it was set since the last look; nullopt when it was not.
  std::optional<std::chrono::microseconds> look();

 private:
  std::function<storage::Instant()> wall_;
  Elapsed elapsed_;
  storage::Instant last_;
  std::chrono::microseconds last_at_;
};

}  // namespace varde::messaging
