#include "server/operation/trend/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace varde::operation {

namespace {

using namespace std::chrono;

constexpr int kMostSteps = 6;

/// The smallest of 1, 2, 5, 10, 20 ... with which so many steps span the range.
double round_step(double range) {
  const double least = range / kMostSteps;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least) return factor * power;
  return 10 * power;
}

enum class Unit : std::uint8_t { days, months };
struct Pace {
  Unit unit;
  int count;
};
/// From close to far; the first with few enough ticks is taken.
constexpr std::array kPaces{Pace{Unit::days, 1},   Pace{Unit::days, 2},    Pace{Unit::days, 7},
                            Pace{Unit::days, 14},  Pace{Unit::months, 1},  Pace{Unit::months, 3},
                            Pace{Unit::months, 6}, Pace{Unit::months, 12}, Pace{Unit::months, 60}};
constexpr std::array<std::string_view, 12> kMonths{"jan.", "feb.", "mars", "april", "mai",  "juni",
                                                   "juli", "aug.", "sep.", "okt.",  "nov.", "des."};

local_days first_tick(local_days day, Pace pace) {
  if (pace.unit == Unit::days) return pace.count % 7 == 0 ? day - (weekday{day} - Monday) : day;
  const year_month_day date{day};
  const int month = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  const int start = pace.count >= 12 ? 0 : month - month % pace.count;
  return local_days{date.year() / (start + 1) / 1};
}

local_days next_tick(local_days day, Pace pace) {
  if (pace.unit == Unit::days) return day + days{pace.count};
  return local_days{year_month_day{day} + months{pace.count}};
}

std::string label_of(local_days day, Pace pace) {
  const year_month_day date{day};
  const auto month = static_cast<unsigned>(date.month());
  if (pace.unit == Unit::days) return fmt::format("{}.{}.", static_cast<unsigned>(date.day()), month);
  if (pace.count >= 12 || month == 1) return fmt::format("{}", static_cast<int>(date.year()));
  return std::string(kMonths[month - 1]);
}

}  // namespace

ValueAxis value_axis(const Curve& curve) {
  double low = curve.points.front().minimum, high = curve.points.front().maximum;
  for (const auto& point : curve.points) low = std::min(low, point.minimum), high = std::max(high, point.maximum);
  const double reach = std::max(high - low, std::pow(10.0, -curve.decimals));
  const double lowest = low, highest = high;
  for (const auto& then : curve.limits)
    for (const auto& range : then.limits.ranges)
      for (const auto& bound : {range.low, range.high}) {
        if (!bound || bound->value < lowest - 2 * reach || bound->value > highest + 2 * reach) continue;
        low = std::min(low, bound->value), high = std::max(high, bound->value);
      }
  const double air = std::max(high - low, reach) * 0.06;
  ValueAxis axis;
  axis.step = round_step(high - low + 2 * air);
  axis.bottom = std::floor((low - air) / axis.step) * axis.step;
  axis.top = std::ceil((high + air) / axis.step) * axis.step;
  if (low >= 0) axis.bottom = std::max(axis.bottom, 0.0);
  return axis;
}

std::vector<Tick> time_ticks(const Span& span, const time::Zone& zone, std::size_t most) {
  const local_days begin = floor<days>(zone.wall(span.from));
  std::vector<Tick> ticks;
  for (const Pace pace : kPaces) {
    ticks.clear();
    for (local_days day = first_tick(begin, pace); ticks.size() <= most; day = next_tick(day, pace)) {
      const auto at = zone.instant(day);
      if (at >= span.to) break;
      if (at >= span.from) ticks.push_back({at, label_of(day, pace)});
    }
    if (ticks.size() <= most) break;
  }
  return ticks;
}

std::string day_text(storage::Instant at, const time::Zone& zone) {
  const year_month_day date{floor<days>(zone.wall(at))};
  return fmt::format("{}.{}.{}", static_cast<unsigned>(date.day()), static_cast<unsigned>(date.month()),
                     static_cast<int>(date.year()));
}

}  // namespace varde::operation
