#include "server/operation/plan/template.h"

#include <fmt/format.h>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/ebp/state.h"
#include "server/followup/parts.h"
#include "server/followup/plan.h"
#include "server/storage/followup.h"
#include "server/storage/patients.h"

namespace varde::operation {
namespace {

namespace codes = followup::codes;

const fhir::TypeId kPlanDefinition = fhir::find_resource_type("PlanDefinition");
const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
constexpr std::string_view kCodes = "copd, heart-failure, diabetes, cancer, nutrition, mastery";

/// What is planned for the patient already, of that measure or of parts of it; empty: nothing.
std::string planned_already(const interaction::View& view, storage::PatientKey patient,
                            const followup::PlannedMeasurement& planned) {
  for (const auto& limits : planned.limits)
    for (const auto& row : storage::limits::of(view, patient, limits.measure))
      if (const auto version = view.current(row.resource); version && version->type == kServiceRequest)
        return version->id;
  return {};
}

Result<std::vector<std::string>> measurements_for(interaction::Act& act, const std::string& patient_id,
                                                  const std::string& code) {
  std::vector<std::string> ids;
  const auto typical = followup::typical_plan(code);
  if (!typical) return ids;  // a plan without measurements of its own
  const auto patient = storage::patients::survivor(act, act.patient_key(patient_id));
  followup::EnrolmentRequest request;
  request.patient_id = patient_id, request.start = act.now();
  for (const auto& planned : *typical) {
    auto id = planned_already(act, patient, planned);
    if (id.empty()) {
      auto written = followup::write_measurement(act, request, planned, "draft");
      FHIR_TRY(written);
      id = std::move(*written);
    }
    ids.push_back(std::move(id));
  }
  return ids;
}

void add_goals(fhir::Editor plan, fhir::Element definition, const std::string& patient_id) {
  std::size_t number = 0;
  for (const auto goal : definition.each("goal")) {
    const auto id = fmt::format("goal-{}", ++number);
    auto made = plan.add_resource("contained", fhir::find_resource_type("Goal"));
    made.set("id", id);
    made.set("lifecycleStatus", "proposed");
    made.add_copy("description", goal["description"]);
    followup::add_reference(made, "subject", "Patient/" + patient_id);
    followup::add_reference(plan, "goal", "#" + id);
  }
}

void add_own_measures(fhir::Editor plan, fhir::Element definition) {
  for (const auto action : definition.each("action")) {
    const auto zone = action.extension(codes::kPlanZone);
    if (!zone) continue;
    auto activity = plan.add("activity");
    activity.add_copy("extension", zone);
    auto detail = activity.add("detail");
    detail.set("status", "not-started");
    detail.set("description", action["description"].value());
  }
}

}  // namespace

Result<std::string> start_plan(interaction::Act& act, const std::string& patient_id, const std::string& code,
                               const std::vector<std::string>& replaces) {
  const auto definition = act.tree(kPlanDefinition, "ebp-" + code);
  if (code.empty() || !definition)
    return fail(code.empty() ? Fault::required_missing : Fault::code_invalid,
                fmt::format("Malen er en av {0} (the template is one of {0})", kCodes), "template");
  const auto measurements = measurements_for(act, patient_id, code);
  FHIR_TRY(measurements);
  auto tree = fhir::Tree::of("CarePlan");
  auto plan = tree.edit();
  add_goals(plan, definition->root(), patient_id);
  for (const auto extension : definition->root().each("extension"))
    if (extension["url"].value() == codes::kPlanContact) plan.add_copy("extension", extension);
  plan.set("instantiatesCanonical", definition->root()["url"].value());
  for (const auto& reference : replaces) followup::add_reference(plan, "replaces", reference);
  plan.set("intent", "plan");
  followup::add_coding(plan.add("category"), codes::kVkpCarePlanCategory, "2", "egenbehandlingsplan");
  plan.set("title", definition->root()["title"].value());
  followup::add_reference(plan, "subject", "Patient/" + patient_id);
  plan.set("created", time::fhir_date_time(act.now(), act.zone()));
  for (const auto& id : *measurements)
    followup::add_reference(plan.add("activity"), "reference", "ServiceRequest/" + id);
  add_own_measures(plan, definition->root());
  followup::ebp::set_state(plan, followup::ebp::State::draft, {}, time::fhir_date_time(act.now(), act.zone()), {});
  return act.create(plan).map([](const auto& version) { return version.id; });
}

}  // namespace varde::operation
