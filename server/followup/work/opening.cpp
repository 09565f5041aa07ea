#include "server/followup/work/opening.h"

#include <algorithm>

#include "norway/holidays.h"

namespace varde::followup {
namespace {

struct Shift {
  Instant begin, end;
};

const std::optional<OpeningHours::Shift>& hours_of(std::chrono::local_days day, const OpeningHours& hours) {
  if (!norway::holiday(day).empty()) return hours.holidays;
  return hours.days.at(std::chrono::weekday(day).iso_encoding() - 1);
}

/// The shift that runs at that time, or the next.
Shift shift_from(Instant at, const OpeningHours& hours, const time::Zone& zone) {
  for (auto day = std::chrono::floor<std::chrono::days>(zone.wall(at));; day += std::chrono::days(1)) {
    const auto& open = hours_of(day, hours);
    if (!open) continue;
    const Shift shift{zone.instant(time::Wall(day) + open->opens), zone.instant(time::Wall(day) + open->closes)};
    if (at < shift.end) return shift;
  }
}

}  // namespace

bool is_open_at(Instant at, const OpeningHours& hours, const time::Zone& zone) {
  return shift_from(at, hours, zone).begin <= at;
}

Instant end_of_shift(Instant at, const OpeningHours& hours, const time::Zone& zone) {
  return shift_from(at, hours, zone).end;
}

Instant next_opening(Instant at, const OpeningHours& hours, const time::Zone& zone) {
  return std::max(at, shift_from(at, hours, zone).begin);
}

Instant after_open_time(Instant at, std::chrono::minutes time, const OpeningHours& hours, const time::Zone& zone) {
  std::chrono::microseconds left = time;
  for (;;) {
    const auto shift = shift_from(at, hours, zone);
    const auto begin = std::max(at, shift.begin);
    if (left <= shift.end - begin) return begin + left;
    left -= shift.end - begin;
    at = shift.end;
  }
}

}  // namespace varde::followup
