/// Rule kind `plausible`: a value that no living patient has is an error of the equipment, whatever the plan says. The
/// bounds of each measure: conformance/followup/measures.txt.
#include "server/followup/rule/rules.h"

namespace varde::followup::rule {

namespace {

std::vector<Finding> judge(const Plan& plan, const Window& window, const Moment&) {
  if (!plan.measure || plan.measure->is_possible(window.judged().value)) return {};
  return {{.zone = Zone::grey, .doubt = Doubt::impossible, .rule = kPlausible.code}};
}

}  // namespace

const Rule kPlausible{"plausible", "plausible/1", When::always, {}, nullptr, nullptr, judge};

}  // namespace varde::followup::rule
