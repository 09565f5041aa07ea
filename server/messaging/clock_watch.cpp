#include "server/messaging/clock_watch.h"

#include <ctime>

namespace varde::messaging {
namespace {

storage::Instant system_time() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::chrono::microseconds time_since_boot() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1000);
}

}  // namespace

ClockWatch::ClockWatch(std::function<storage::Instant()> wall, Elapsed elapsed)
    : wall_(wall ? std::move(wall) : system_time),
      elapsed_(elapsed ? std::move(elapsed) : time_since_boot),
      last_(wall_()),
      last_at_(elapsed_()) {}

std::optional<std::chrono::microseconds> ClockWatch::look() {
  const auto at = elapsed_();
  const auto wall = wall_();
  const auto by = (wall - last_) - (at - last_at_);
  last_ = wall, last_at_ = at;
  if (std::chrono::abs(by) < kJump) return std::nullopt;
  return by;
}

}  // namespace varde::messaging
