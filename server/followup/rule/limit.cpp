#include "server/followup/rule/limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "server/followup/measure.h"

namespace varde::followup {

namespace {

struct ZoneRow {
  Zone zone;
  char letter;
  std::string_view code, norwegian;
};
// clang-format off
constexpr std::array kZones{
    ZoneRow{Zone::green,  'g', "green",  "grønn"},
    ZoneRow{Zone::grey,   '-', "grey",   "grå"},
    ZoneRow{Zone::yellow, 'y', "yellow", "gul"},
    ZoneRow{Zone::red,    'r', "red",    "rød"},
};
// clang-format on
const ZoneRow& row_of(Zone zone) { return kZones[static_cast<std::size_t>(zone)]; }

constexpr double kInfinity = std::numeric_limits<double>::infinity();
double low_of(const ZoneRange& range) { return range.low ? range.low->value : -kInfinity; }
double high_of(const ZoneRange& range) { return range.high ? range.high->value : kInfinity; }

std::string shown(const ZoneRange& range, std::string_view unit) {
  return fmt::format("{} [{}, {}) {}", code(range.zone), range.low ? range.low->literal : "-",
                     range.high ? range.high->literal : "-", unit);
}

std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

Result<std::optional<Bound>> bound_from(std::string_view literal) {
  if (literal == "-") return std::nullopt;
  return number_of(literal).map([&](double value) { return std::optional(Bound{std::string(literal), value}); });
}

}  // namespace

char letter(Zone zone) { return row_of(zone).letter; }
std::string_view code(Zone zone) { return row_of(zone).code; }
std::string_view norwegian(Zone zone) { return row_of(zone).norwegian; }
std::optional<Zone> zone_of(std::string_view code) {
  for (const auto& row : kZones)
    if (row.code == code) return row.zone;
  return std::nullopt;
}

Result<LimitSet> checked(LimitSet limits) {
  auto& ranges = limits.ranges;
  if (limits.unit.find(';') != std::string::npos)
    return fail(Fault::business_rule, "a limit's unit is a UCUM code, which holds no semicolon");
  for (const auto& range : ranges) {
    if (low_of(range) >= high_of(range))
      return fail(Fault::business_rule,
                  fmt::format("the range {} is empty: low must be below high", shown(range, limits.unit)));
  }
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return low_of(a) < low_of(b); });
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    const auto &before = ranges[i - 1], &next = ranges[i];
    if (high_of(before) == low_of(next)) continue;
    return fail(
        Fault::business_rule,
        fmt::format("the ranges {} and {} {}: one must begin where the other ends (low is included, high is not)",
                    shown(before, limits.unit), shown(next, limits.unit),
                    high_of(before) > low_of(next) ? "overlap" : "leave a gap"));
  }
  const auto greens = std::count_if(ranges.begin(), ranges.end(), [](const auto& r) { return r.zone == Zone::green; });
  if (greens != 1)
    return fail(Fault::business_rule, greens == 0 ? "the limits do not say what is green: give the range that is the "
                                                    "patient's usual state"
                                                  : "the limits have more than one green range");
  return limits;
}

LimitFinding evaluate(const LimitSet& limits, double value) {
  const auto& ranges = limits.ranges;
  const auto green = std::find_if(ranges.begin(), ranges.end(), [](const auto& r) { return r.zone == Zone::green; });
  if (green == ranges.end()) return {};
  auto found = std::find_if(ranges.begin(), ranges.end(),
                            [&](const auto& range) { return value >= low_of(range) && value < high_of(range); });
  if (found == ranges.end() && value == high_of(ranges.back())) found = ranges.end() - 1;
  if (found == green) return {Zone::green, Side::inside, {}};
  if (found == ranges.end())
    return value < low_of(ranges.front()) ? LimitFinding{Zone::red, Side::below, ranges.front().low}
                                          : LimitFinding{Zone::red, Side::above, ranges.back().high};
  if (found < green) return {found->zone, Side::below, found->high};
  return {found->zone, Side::above, found->low};
}

std::string to_text(const LimitSet& limits) {
  std::string text = limits.unit;
  for (const auto& range : limits.ranges)
    text += fmt::format(";{}:{}:{}", letter(range.zone), range.low ? range.low->literal : "-",
                        range.high ? range.high->literal : "-");
  return text;
}

Result<LimitSet> from_text(std::string_view text) {
  const auto damaged = [] { return fail(Fault::value_malformed, "limits text is damaged"); };
  LimitSet limits{std::string(cut(text, ';')), {}};
  while (!text.empty()) {
    auto part = cut(text, ';');
    const auto zone = cut(part, ':');
    const auto row = std::find_if(kZones.begin(), kZones.end(),
                                  [&](const auto& r) { return zone == std::string_view(&r.letter, 1); });
    auto low = bound_from(cut(part, ':')), high = bound_from(part);
    if (row == kZones.end() || !low || !high) return damaged();
    limits.ranges.push_back({row->zone, std::move(*low), std::move(*high)});
  }
  if (limits.ranges.empty()) return damaged();
  return limits;
}

}  // namespace varde::followup
