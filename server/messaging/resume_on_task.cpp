#include "server/followup/followup.h"
#include "server/followup/task.h"
#include "server/messaging/effect/stay.h"
#include "server/messaging/messaging.h"
#include "server/messaging/story.h"
#include "server/storage/patients.h"

namespace varde::messaging {
namespace {

bool asks_to_resume(fhir::Element task) {
  for (const auto coding : task["code"].each("coding"))
    if (coding["code"].value() == "resume") return true;
  return false;
}

/// The Tasks that discharges raised are remembered on the stays.
Result<void> close_requests(interaction::Act& act, std::string_view patient_id) {
  for (const auto& stay : stays_of(act, patient_id)) {
    const auto id = work_item(stay.encounter.root());
    const auto task = id.empty() ? std::nullopt : act.tree(fhir::find_resource_type("Task"), id);
    if (!task || !asks_to_resume(task->root())) continue;
    if (auto closed = followup::conclude(act, id, "completed", "Oppfølgingen er gjenopptatt."); !closed) return closed;
  }
  return {};
}

}  // namespace

Result<void> ResumeOnTask::after(interaction::Act& act, const interaction::Stored& stored) {
  const auto resource = stored.resource;
  if (!resource || !stored.previous) return {};
  const auto before = stored.previous["status"].value(), now = resource["status"].value();
  if (resource.type_name() == "Task" && now == "completed" && before != now && asks_to_resume(resource)) {
    const auto patient = act.own_id(resource["for"]["reference"].value(), fhir::find_resource_type("Patient"));
    if (!patient.empty()) return followup::resume(act, patient);
  }
  if (resource.type_name() == "EpisodeOfCare" && before == "onhold" && now == "active" &&
      stored.version.patient != storage::PatientKey::none)
    return close_requests(act, act.patient_id(storage::patients::survivor(act, stored.version.patient)));
  return {};
}

}  // namespace varde::messaging
