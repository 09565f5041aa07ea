#include "server/followup/ebp/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/followup/codes.h"
#include "server/followup/parts.h"

namespace varde::followup::ebp {
namespace {

struct StateRow {
  State state;
  std::string_view code, name, status;  ///< `name` in Norwegian; `status` of CarePlan
  std::string_view next;                ///< codes of where it goes on, blank around
};
// clang-format off
constexpr std::array kStates{
    //       state              code          name                    status     goes on to
    StateRow{State::draft,      "draft",      "under arbeid",         "draft",   " sent approved in-force "},
    StateRow{State::sent,       "sent",       "til godkjenning",      "draft",   " sent returned approved in-force "},
    StateRow{State::returned,   "returned",   "returnert av fastlege", "draft",  " sent approved in-force "},
    StateRow{State::approved,   "approved",   "godkjent av fastlege", "draft",   " sent returned in-force "},
    StateRow{State::in_force,   "in-force",   "i kraft",              "active",  " superseded "},
    StateRow{State::superseded, "superseded", "erstattet",            "revoked", ""},
};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < kStates.size(); ++i)
    if (static_cast<std::size_t>(kStates[i].state) != i) return false;
  return true;
}
static_assert(in_order(), "one row per State, in order");
constexpr const StateRow& row_of(State state) { return kStates[static_cast<std::size_t>(state)]; }

}  // namespace

bool is_plan(fhir::Element care_plan) {
  for (const auto category : care_plan.each("category"))
    if (coding_of(fhir::view::CodeableConcept::of(category), codes::kVkpCarePlanCategory).code() == "2") return true;
  return false;
}

std::optional<State> state_of(fhir::Element care_plan) {
  const auto status = care_plan["status"].value();
  if (!care_plan || !is_plan(care_plan) || status == "entered-in-error") return std::nullopt;
  if (status == "active" || status == "on-hold") return State::in_force;
  if (status != "draft") return State::superseded;
  const auto code = care_plan.extension(codes::kPlanApproval).extension("state")["valueCode"].value();
  const auto row =
      std::find_if(kStates.begin(), kStates.end(), [&](const StateRow& each) { return each.code == code; });
  return row == kStates.end() || row->status != "draft" ? State::draft : row->state;
}

std::string_view code_of(State state) { return row_of(state).code; }
std::string_view norwegian(State state) { return row_of(state).name; }

Result<void> check_step(State from, State to) {
  const auto& row = row_of(from);
  if (row.next.find(fmt::format(" {} ", code_of(to))) != std::string_view::npos) return {};
  return fail(Fault::business_rule,
              fmt::format("Planen er {}, og kan ikke bli {} (the plan is {} and does not become {})", row.name,
                          norwegian(to), row.code, code_of(to)),
              "CarePlan.status");
}

void set_state(fhir::Editor care_plan, State state, fhir::Element by, std::string_view at, std::string_view comment) {
  remove_each(care_plan, "extension", [](fhir::Element each) { return each["url"].value() == codes::kPlanApproval; });
  care_plan.set("status", row_of(state).status);
  auto extension = care_plan.add("extension");
  extension.set("url", codes::kPlanApproval);
  const auto part = [&](std::string_view url) {
    auto inner = extension.add("extension");
    inner.set("url", url);
    return inner;
  };
  part("state").set("valueCode", code_of(state));
  if (by) part("by").add_copy("valueReference", by);
  part("at").set("valueDateTime", at);
  if (!comment.empty()) part("comment").set("valueString", comment);
}

}  // namespace varde::followup::ebp
