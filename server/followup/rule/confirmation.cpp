/// Rule kind `confirmation`: an oximeter that is put on a cold finger tells too soon, so two readings are taken and the
/// first is not trusted. The colour of a reading is as it is; its alert waits `within` for a second reading. When that
/// comes, it is the one that is told of, if it alarms; when none comes, the first is told of after all (confirm.h).
#include <array>
#include <chrono>

#include "server/followup/rule/rules.h"

namespace varde::followup::rule {

extern const Rule kConfirmation;

namespace {

constexpr std::array kParameters{Parameter{"within", Kind::duration, true}};

std::string mistake(const Settings& settings, const LimitSet&) {
  using std::chrono::hours;
  if (settings.duration("within", {}) <= hours{1}) return {};
  return "within er høyst en time: så lenge venter varselet på måling nummer to (within is at most an hour: so long an "
         "alert waits for the second reading)";
}

std::vector<Finding> judge(const Plan&, const Window&, const Moment&) { return {}; }

}  // namespace

const Rule kConfirmation{"confirmation", "confirmation/1", When::planned, kParameters, mistake, nullptr, judge};

}  // namespace varde::followup::rule
