/// CarePlan/[id]/$planer: an egenbehandlingsplan in the form of the national Planer interface (NHN): plain JSON with a
/// condition and an action per colour. `status` is our own word for where the plan is; the interface's are not
/// published. Source: the developer portal of Norsk helsenett, Planer, endpoints (2026-06)
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "fhir-model/json/json.h"
#include "server/followup/codes.h"
#include "server/followup/ebp/state.h"
#include "server/followup/ebp/text.h"
#include "server/followup/patient.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/operation/printed.h"

namespace varde::operation {
namespace {

using followup::Zone;
namespace ebp = followup::ebp;

const fhir::TypeId kCarePlan = fhir::find_resource_type("CarePlan");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
constexpr std::array kLevels{Zone::green, Zone::yellow, Zone::red};

std::string quoted(std::string_view text) {
  std::string json;
  fhir::write_json_string(text, json);
  return json;
}

std::string name_in(fhir::Element reference) {
  for (const auto text :
       {reference["display"].value(), reference["reference"].value(), reference["identifier"]["value"].value()})
    if (!text.empty()) return std::string(text);
  return {};
}

/// The national identity number; the reference where there is none.
std::string subject_of(const View& view, fhir::Element plan) {
  const auto reference = plan["subject"]["reference"].value();
  const auto id = view.own_id(reference, kPatient);
  if (const auto patient = id.empty() ? std::nullopt : view.tree(kPatient, id))
    if (const auto number = followup::national_number(patient->root()); !number.empty()) return std::string(number);
  return std::string(reference);
}

std::string zone_json(const View& view, fhir::Element plan, Zone zone) {
  return fmt::format(R"({{"condition":{},"action":{},"level":{}}})",
                     quoted(fmt::format("{}", fmt::join(ebp::limits_in(view, plan, zone), "; "))),
                     quoted(fmt::format("{}", fmt::join(ebp::actions_in(plan, zone), "\n"))),
                     quoted(followup::code(zone)));
}

std::string planer_json(const View& view, fhir::Element plan, ebp::State state, const storage::Version& version) {
  std::vector<std::string> zones;
  std::transform(kLevels.begin(), kLevels.end(), std::back_inserter(zones),
                 [&](Zone zone) { return zone_json(view, plan, zone); });
  const auto approval = plan.extension(followup::codes::kPlanApproval);
  return fmt::format(
      R"({{"id":{},"version":{},"status":{},"updated_at":{},"updated_by":{},"comment":{},"subject":{},"clinical_content":{{"version":{},"title":{},"description":{},"zones":[{}]}}}})",
      quoted(version.id), version.version, quoted(ebp::code_of(state)),
      quoted(interaction::fhir_instant(version.updated)), quoted(name_in(approval.extension("by")["valueReference"])),
      quoted(approval.extension("comment")["valueString"].value()), quoted(subject_of(view, plan)), version.version,
      quoted(ebp::title_of(plan)), quoted(fmt::format("{}", fmt::join(ebp::goals_of(view, plan), "; "))),
      fmt::join(zones, ","));
}

}  // namespace

Result<Response> plan_as_planer(const Request& request, const View& view, const Context&) {
  FHIR_TRY(Input::read(request, {}));
  const auto version = interaction::find_live(view, kCarePlan, request.id);
  FHIR_TRY(version);
  const auto plan = View::tree(*version);
  const auto state = ebp::state_of(plan.root());
  if (!state)
    return fail(Fault::business_rule, "Dette er ingen egenbehandlingsplan (this CarePlan is no self-treatment plan)",
                "CarePlan.category");
  return printed(request, planer_json(view, plan.root(), *state, *version), "application/json");
}

}  // namespace varde::operation
