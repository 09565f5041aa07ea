#include "server/messaging/clock_watch.h"

#include <ctime>

#include <fmt/format.h>

#include "fhir-model/time/system_clock.h"
#include "server/clock/clock.h"
#include "server/storage/due.h"

namespace varde::messaging {
namespace {

std::chrono::microseconds time_since_boot() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1000);
}

}  // namespace

ClockWatch::ClockWatch(std::function<storage::Instant()> wall, Elapsed elapsed)
    : wall_(wall ? std::move(wall) : time::system_now),
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

void SetClock::watch() {
  const auto by = clock_.look();
  if (!by || !repository_.hold(clock::kDuty)) return;  // each process looks, one of them tells
  const auto minutes = std::chrono::abs(std::chrono::round<std::chrono::minutes>(*by)).count();
  const bool back = by->count() < 0;
  settings_.log(fmt::format("the clock was set {} minutes {}", minutes, back ? "back" : "forward"));
  const auto recorded = repository_.write([&](interaction::Act& act) -> Result<void> {
    // Set back, the store's own time runs on; set forward, it follows, and what is due moves along.
    if (!back)
      for (const auto kind : {storage::DueKind::retry, storage::DueKind::apprec})
        storage::due::postpone(act, kind, *by);
    return followup::raise(
               act, {"", "technical", "urgent",
                     fmt::format(
                         "Klokken på tjeneren er stilt {} minutter {}. Kontroller tidspunktene på målinger, varsler og "
                         "meldinger fra tiden omkring.",
                         minutes, back ? "tilbake" : "fram"),
                     ""})
        .map([](const auto&) {});
  });
  if (!recorded) settings_.log(fmt::format("the clock was set: not recorded, {}", row_of(recorded.error().fault).name));
}

}  // namespace varde::messaging
