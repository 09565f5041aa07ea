#include "fhir-model/budget/budget.h"

#include <fmt/format.h>

namespace varde {
namespace {

constexpr std::uint64_t kStepsPerLook = 256;  // reading the clock costs as much as a few steps

constexpr std::chrono::milliseconds kBetweenQuestions{50};  // an ordinary request is done before the first

}  // namespace

bool Budget::exceed(Over what) {
  if (over_ == Over::nothing) over_ = what;  // what was exceeded first is what the sender is told
  return false;
}

bool Budget::spend(std::uint64_t steps) {
  spent_ += steps;
  if (spent_ > allowance_.steps) exceed(Over::steps);
  if (spent_ - looked_ >= kStepsPerLook) {
    looked_ = spent_;
    look();
  }
  return !is_spent();
}

void Budget::look() {
  begin();
  const Time now = now_();
  if (now > *deadline_) exceed(Over::time);
  if (!awaited_) return;
  if (!ask_at_) ask_at_ = now + kBetweenQuestions;
  if (now < *ask_at_) return;
  ask_at_ = now + kBetweenQuestions;
  if (!awaited_()) exceed(Over::gone);
}

bool Budget::take(std::size_t bytes) {
  taken_ += bytes;
  if (taken_ > allowance_.bytes) exceed(Over::bytes);
  return !is_spent();
}

Result<void> Budget::within() const {
  const auto refused = [](std::string_view limit, std::string_view setting) {
    return fail(Fault::too_costly,
                fmt::format("This takes more than {} (setting {}). Ask for less at a time: narrow the search, follow "
                            "fewer references, or ask for a smaller page.",
                            limit, setting));
  };
  switch (over_) {
    case Over::nothing: return {};
    case Over::time: return refused(fmt::format("{} ms", allowance_.time.count()), allowance_.time_setting);
    case Over::steps: return refused(fmt::format("{} steps of work", allowance_.steps), allowance_.steps_setting);
    case Over::bytes: return refused(fmt::format("{} bytes", allowance_.bytes), allowance_.bytes_setting);
    case Over::gone:
      return fail(Fault::too_costly, "The connection was closed from the other side before the answer was ready.");
  }
  return {};
}

Result<void> Budget::may_follow(std::size_t references) const {
  if (references <= allowance_.depth) return {};
  return fail(Fault::too_costly, fmt::format("A parameter follows at most {} references (setting {}).",
                                             allowance_.depth, allowance_.depth_setting));
}

}  // namespace varde
