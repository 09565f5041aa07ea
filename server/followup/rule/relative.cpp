/// Rule kind `relative`: so far from what is usual for this patient. The baseline is worked out at each reading: the
/// median of the exact readings of `within` before it, at least `points` of them; the finding says what it was, of how
/// many readings and of which days.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "server/followup/rule/rules.h"

namespace varde::followup::rule {

extern const Rule kRelative;

namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::size_t kFewest = 3;
constexpr std::array kParameters{Parameter{"zone", Kind::zone, true}, Parameter{"change", Kind::amount},
                                 Parameter{"percent", Kind::percent}, Parameter{"within", Kind::duration, true},
                                 Parameter{"points", Kind::count}};

std::string mistake(const Settings& settings, const LimitSet& /*limits*/) {
  if (settings.has("change") == settings.has("percent"))
    return "avstanden fra det vanlige oppgis med enten change eller percent (the distance from the baseline is either "
           "change or percent)";
  if (settings.number("change") + settings.number("percent") == 0)
    return "avstanden fra det vanlige er over (positiv) eller under (negativ), og ikke null (the distance from the "
           "baseline is above it (positive) or below it (negative), and not zero)";
  if (settings.count("points", kFewest) < kFewest)
    return "points må være minst 3: færre målinger viser ikke hva som er vanlig (points is at least 3: fewer readings "
           "are no baseline)";
  return {};
}

seconds lookback(const Settings& settings) { return settings.duration("within", days{14}); }

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return values.size() % 2 == 1 ? *middle : (*std::max_element(values.begin(), middle) + *middle) / 2;
}

std::vector<Finding> judge(const Plan& plan, const Window& window, const Moment& moment) {
  const auto& settings = plan.settings;
  std::vector<double> before;
  before.reserve(window.points.size());
  const Point *from = nullptr, *to = nullptr;
  for (const auto& point : window.points.first(window.points.size() - 1)) {
    if (!point.is_exact()) continue;
    if (!from) from = &point;
    to = &point;
    before.push_back(point.value);
  }
  if (!from || before.size() < settings.count("points", kFewest)) return {};
  const auto count = before.size();
  const double usual = median(std::move(before));
  const double wanted =
      settings.has("change") ? settings.number("change") : std::abs(usual) * settings.number("percent") / 100;
  const double distance = rounded(window.judged().value - usual, 9);
  if (wanted > 0 ? distance < rounded(wanted, 9) : distance > rounded(wanted, 9)) return {};
  Finding finding{.zone = settings.zone("zone"), .rule = kRelative.code};
  for (const auto& point : window.points.first(window.points.size() - 1))
    if (point.is_exact()) finding.seen.push_back(point.observation);
  const auto unit = shown_unit(plan.limits.unit);
  const auto decimals = plan.measure ? plan.measure->decimals + 1 : 2;
  finding.text = fmt::format("{} er {} {} {} det vanlige, {} {} (median av {} målinger {} til {})", plan.name,
                             shown_number(rounded(std::abs(distance), decimals)), unit, distance > 0 ? "over" : "under",
                             shown_number(rounded(usual, decimals)), unit, count, moment.when(*from).words,
                             moment.when(*to).words);
  return {std::move(finding)};
}

}  // namespace

const Rule kRelative{"relative", "relative/1", When::planned, kParameters, mistake, lookback, judge};

}  // namespace varde::followup::rule
