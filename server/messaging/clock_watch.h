#pragma once
/// @file server/messaging/clock_watch.h
/// Notices that somebody has set the clock: it has moved otherwise than time has passed. One Task says so, and what is
/// due comes due after as long as it should.
#include <chrono>
#include <functional>
#include <optional>

#include "server/interaction/repository.h"
#include "server/messaging/messaging.h"
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

/// The watch, and what is done about it.
class SetClock {
 public:
  SetClock(const interaction::Repository& repository, const Settings& settings)
      : repository_(repository), settings_(settings), clock_(settings.wall_clock, settings.elapsed) {}
  void watch();

 private:
  const interaction::Repository& repository_;
  const Settings& settings_;
  ClockWatch clock_;
};

}  // namespace varde::messaging
