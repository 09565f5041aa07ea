/// Rule kind `missing`: fewer readings in a window of the plan's rhythm than were planned, whatever they say. The
/// window ends with its deadline and its grace (schedule.h); what is counted are readings that stand.
#include <array>

#include "server/followup/rule/rules.h"

namespace varde::followup::rule {

namespace {

constexpr std::array kParameters{Parameter{"times", Kind::count, true}};

std::vector<Finding> judge(const Plan& plan, const Window& window, const Moment& moment) {
  if (moment.now < window.to || window.points.size() >= plan.settings.count("times", 1)) return {};
  return {{.zone = Zone::grey, .doubt = Doubt::absent, .rule = kMissing.code}};
}

}  // namespace

const Rule kMissing{"missing", "missing/1", When::deadline, kParameters, nullptr, nullptr, judge};

}  // namespace varde::followup::rule
