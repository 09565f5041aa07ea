#include "server/followup/work/opening.h"

#include <algorithm>

#include "norway/holidays.h"

namespace varde::followup {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes kOpens = 8h, kCloses = 15h + 30min;

struct Shift {
  Instant begin, end;
};

Shift shift_of(std::chrono::local_days day, const time::Zone& zone) {
  return {zone.instant(time::Wall(day) + kOpens), zone.instant(time::Wall(day) + kCloses)};
}

/// The shift that runs at that time, or the next.
Shift shift_from(Instant at, const time::Zone& zone) {
  for (auto day = std::chrono::floor<std::chrono::days>(zone.wall(at));; day += std::chrono::days(1)) {
    if (!norway::is_working_day(day)) continue;
    if (const auto shift = shift_of(day, zone); at < shift.end) return shift;
  }
}

}  // namespace

bool is_open_at(Instant at, const time::Zone& zone) { return shift_from(at, zone).begin <= at; }

Instant end_of_shift(Instant at, const time::Zone& zone) { return shift_from(at, zone).end; }

Instant next_opening(Instant at, const time::Zone& zone) { return std::max(at, shift_from(at, zone).begin); }

Instant after_open_time(Instant at, std::chrono::minutes time, const time::Zone& zone) {
  std::chrono::microseconds left = time;
  for (;;) {
    const auto shift = shift_from(at, zone);
    const auto begin = std::max(at, shift.begin);
    if (left <= shift.end - begin) return begin + left;
    left -= shift.end - begin;
    at = shift.end;
  }
}

}  // namespace varde::followup
