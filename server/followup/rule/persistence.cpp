/// Rule kind `persistence`: so many of the last readings lay outside the green limits ("call after 3 yellow"). Earlier
/// readings are coloured by the limits of this plan. Only a reading that is itself outside brings it up again.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/followup/rule/rules.h"

namespace varde::followup::rule {

extern const Rule kPersistence;

namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr days kUsual{30};
constexpr std::array kParameters{Parameter{"zone", Kind::zone, true}, Parameter{"of", Kind::zone},
                                 Parameter{"times", Kind::count, true}, Parameter{"among", Kind::count},
                                 Parameter{"within", Kind::duration}};

std::size_t times_of(const Settings& settings) { return settings.count("times", 2); }
std::size_t among_of(const Settings& settings) { return settings.count("among", times_of(settings)); }

std::string mistake(const Settings& settings, const LimitSet& /*limits*/) {
  if (times_of(settings) < 2)
    return "times må være minst 2: én måling alene vurderes av grensene (times is at least 2: one reading alone is "
           "what limits are for)";
  if (among_of(settings) < times_of(settings))
    return "among er antall målinger som vurderes, og kan ikke være lavere enn times (among counts the readings that "
           "are looked at, so it is not below times)";
  return {};
}

seconds lookback(const Settings& settings) { return settings.duration("within", kUsual); }

std::vector<Finding> judge(const Plan& plan, const Window& window, const Moment& moment) {
  const auto& settings = plan.settings;
  const auto of = settings.zone("of");
  const auto is_outside = [&](const Point& point) { return evaluate(plan.limits, point.value).zone >= of; };
  if (!is_outside(window.judged())) return {};
  const auto among = std::min(among_of(settings), window.points.size());
  const auto looked_at = window.points.last(among);
  Finding finding{.zone = settings.zone("zone"), .rule = kPersistence.code};
  std::size_t count = 0;
  const Point* first = nullptr;
  for (const auto& point : looked_at) {
    if (!is_outside(point)) continue;
    if (!first) first = &point;
    ++count;
    finding.seen.push_back(point.observation);
  }
  if (count < times_of(settings)) return {};
  finding.text = fmt::format("{}: {} av de siste {} målingene er {}, siden {}", plan.name, count, among,
                             of == Zone::red ? "røde" : "gule eller røde", moment.when(*first).words);
  return {std::move(finding)};
}

}  // namespace

const Rule kPersistence{"persistence", "persistence/1", When::planned, kParameters, mistake, lookback, judge};

}  // namespace varde::followup::rule
