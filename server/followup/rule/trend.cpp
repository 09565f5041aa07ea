/// Rule kind `trend`: a rise or a fall over a window, however the single values lie (+1 kg in 2 weeks, falling
/// saturation). `delta`: the reading against the lowest (of a fall: the highest) before it in the window; `slope`: the
/// straight line through all of them, so that one odd value does not decide. With fewer than `points` exact readings
/// nothing is said: the window is searched, no single day must have been measured.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "server/followup/rule/rules.h"

namespace varde::followup::rule {

extern const Rule kTrend;

namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::array kParameters{Parameter{"zone", Kind::zone, true}, Parameter{"change", Kind::amount, true},
                                 Parameter{"within", Kind::duration, true}, Parameter{"points", Kind::count},
                                 Parameter{"by", Kind::word, false, "delta slope"}};

bool is_slope(const Settings& settings) { return settings.text("by") == "slope"; }
std::size_t fewest(const Settings& settings) { return settings.count("points", is_slope(settings) ? 3 : 2); }

std::string mistake(const Settings& settings, const LimitSet& /*limits*/) {
  if (settings.number("change") == 0)
    return "change er hvor mye verdien stiger (positiv) eller synker (negativ), og ikke null (change is how much it "
           "rises (positive) or falls (negative), and not zero)";
  if (fewest(settings) < (is_slope(settings) ? 3U : 2U))
    return "points må være minst 2, for slope minst 3: én måling er ingen trend (points is at least 2, of a slope at "
           "least 3: one reading is no trend)";
  return {};
}

seconds lookback(const Settings& settings) { return settings.duration("within", days{14}); }

/// Least squares, over the time from the first to the last.
double rise_of_line(std::span<const Point> points) {
  const auto when = [&](const Point& point) {
    return std::chrono::duration<double>(point.time - points.front().time).count();
  };
  double time = 0, value = 0;
  for (const auto& point : points) time += when(point), value += point.value;
  const auto count = static_cast<double>(points.size());
  time /= count, value /= count;
  double together = 0, spread = 0;
  for (const auto& point : points) {
    together += (when(point) - time) * (point.value - value);
    spread += (when(point) - time) * (when(point) - time);
  }
  return spread > 0 ? together / spread * when(points.back()) : 0;
}

std::string in_words(const Plan& plan, double change, const Point& from, const Point& to, const Moment& moment) {
  const auto unit = shown_unit(plan.limits.unit);
  const auto decimals = plan.measure ? plan.measure->decimals + 1 : 2;
  const auto began = moment.when(from);
  std::string during;  // of what says a month or a year nobody knows how many days it is
  if (began.is_to_the_day && moment.when(to).is_to_the_day) {
    const auto length = std::max<std::int64_t>(1, std::chrono::round<days>(to.time - from.time).count());
    during = fmt::format(" på {} {}", length, length == 1 ? "dag" : "dager");
  }
  return fmt::format("{} har {} {} {}{} (fra {} {} {} til {} {})", plan.name, change > 0 ? "økt" : "sunket",
                     shown_number(rounded(std::abs(change), decimals)), unit, during, shown_number(from.value), unit,
                     began.words, shown_number(to.value), unit);
}

std::vector<Finding> judge(const Plan& plan, const Window& window, const Moment& moment) {
  const auto& settings = plan.settings;
  const double wanted = settings.number("change");
  if (!window.judged().is_exact()) return {};
  std::vector<Point> exact;  // where some are not
  auto points = window.points;
  if (!std::ranges::all_of(points, &Point::is_exact)) {
    std::ranges::copy_if(window.points, std::back_inserter(exact), &Point::is_exact);
    points = exact;
  }
  if (points.size() < fewest(settings)) return {};
  const auto& last = points.back();
  const auto earlier = points.first(points.size() - 1);
  const auto below = [](const Point& a, const Point& b) { return a.value < b.value; };
  const auto& from = is_slope(settings) ? earlier.front()
                     : wanted > 0       ? *std::ranges::min_element(earlier, below)
                                        : *std::ranges::max_element(earlier, below);
  // What is written in decimals is compared in decimals: 81.1 - 80.1 is 1.
  const double change = rounded(is_slope(settings) ? rise_of_line(points) : last.value - from.value, 9);
  if (wanted > 0 ? change < wanted : change > wanted) return {};
  Finding finding{
      .zone = settings.zone("zone"), .rule = kTrend.code, .text = in_words(plan, change, from, last, moment)};
  for (const auto& point : is_slope(settings) ? points : std::span(&from, 1)) finding.seen.push_back(point.observation);
  return {std::move(finding)};
}

}  // namespace

const Rule kTrend{"trend", "trend/1", When::planned, kParameters, mistake, lookback, judge};

}  // namespace varde::followup::rule
