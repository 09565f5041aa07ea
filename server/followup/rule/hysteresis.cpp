/// Rule kind `hysteresis`: after a reading outside the green limits, the next ones are yellow until one is well inside,
/// by `back`: values that waver at a boundary are one story, not one alert after the other with green between.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/followup/rule/rules.h"

namespace varde::followup::rule {

extern const Rule kHysteresis;

namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr days kUsual{7};
constexpr std::array kParameters{Parameter{"back", Kind::amount, true}, Parameter{"within", Kind::duration}};

seconds lookback(const Settings& settings) { return settings.duration("within", kUsual); }

std::string mistake(const Settings& settings, const LimitSet& limits) {
  if (settings.number("back") <= 0)
    return "back er hvor langt inne i det grønne verdien regnes som bra igjen, og større enn null (back is how far "
           "inside the green limits a value is well again, and above zero)";
  const auto green = std::ranges::find(limits.ranges, Zone::green, &ZoneRange::zone);
  if (green != limits.ranges.end() && green->low && green->high &&
      settings.number("back") >= green->high->value - green->low->value)
    return "back er større enn det grønne området, så ingen verdi blir regnet som bra igjen (back is wider than the "
           "green range, so that no value would be well again)";
  return {};
}

/// The value that has to be passed on the way back.
std::optional<double> way_back(const LimitSet& limits, Side side, double back) {
  const auto green = std::ranges::find(limits.ranges, Zone::green, &ZoneRange::zone);
  if (green == limits.ranges.end()) return std::nullopt;
  if (side == Side::below && green->low) return green->low->value + back;
  if (side == Side::above && green->high) return green->high->value - back;
  return std::nullopt;
}

/// Whatever was before it: outside, or well inside on both sides.
bool tells_by_itself(const LimitSet& limits, double value, double back) {
  if (evaluate(limits, value).zone >= Zone::yellow) return true;
  const auto low = way_back(limits, Side::below, back), high = way_back(limits, Side::above, back);
  return (!low || value >= *low) && (!high || value <= *high);
}

std::vector<Finding> judge(const Plan& plan, const Window& window, const Moment& moment) {
  const double back = plan.settings.number("back");
  if (tells_by_itself(plan.limits, window.judged().value, back)) return {};
  const Point* left = nullptr;  ///< the last reading outside, while nothing has been well inside since
  Side side = Side::inside;
  double target = 0;
  for (const auto& point : window.points) {
    const auto found = evaluate(plan.limits, point.value);
    if (found.zone >= Zone::yellow) {
      const auto to = way_back(plan.limits, found.side, back);
      left = to ? &point : nullptr, side = found.side, target = to.value_or(0);
    } else if (left && (side == Side::below ? point.value >= target : point.value <= target)) {
      left = nullptr;
    }
  }
  if (!left || left == &window.judged()) return {};
  const auto unit = shown_unit(plan.limits.unit);
  Finding finding{.zone = Zone::yellow, .rule = kHysteresis.code, .seen = {left->observation}};
  finding.text = fmt::format("{} {} {} er ikke tilbake {} {} {} etter {} {} {}", plan.name,
                             shown_number(window.judged().value), unit, side == Side::below ? "over" : "under",
                             shown_number(target), unit, shown_number(left->value), unit, moment.when(*left).words);
  return {std::move(finding)};
}

}  // namespace

const Rule kHysteresis{"hysteresis", "hysteresis/1", When::planned, kParameters, mistake, lookback, judge};

}  // namespace varde::followup::rule
