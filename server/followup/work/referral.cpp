#include "server/followup/work/referral.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/view/data_types.h"
#include "server/followup/codes.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/interaction/text.h"
#include "server/storage/followup.h"

namespace varde::followup {
namespace {

struct CategoryRow {
  std::string_view system, code;  ///< no system: of any
};
struct ProgressRow {
  std::string_view status, outcome;  ///< of the Task; no outcome: of any
  std::string_view code, display;
};
// clang-format off
constexpr std::array kCategories{
    CategoryRow{codes::kSnomed, "3457005"},    // Patient referral
    CategoryRow{codes::kSnomed, "306206005"},  // Referral to service
    CategoryRow{"",             "referral"},
};
/// The first that fits.
constexpr std::array kProgress{
    ProgressRow{"requested",   "",         "received",  "Mottatt"},
    ProgressRow{"received",    "",         "received",  "Mottatt"},
    ProgressRow{"accepted",    "",         "assessing", "Under vurdering"},
    ProgressRow{"in-progress", "",         "assessing", "Under vurdering"},
    ProgressRow{"on-hold",     "",         "assessing", "Under vurdering"},
    ProgressRow{"completed",   "accepted", "accepted",  "Tatt imot"},
    ProgressRow{"completed",   "declined", "declined",  "Avslått"},
    ProgressRow{"rejected",    "",         "declined",  "Avslått"},
    ProgressRow{"completed",   "",         "assessed",  "Ferdig vurdert"},
    ProgressRow{"cancelled",   "",         "withdrawn", "Trukket tilbake"},
};
// clang-format on

constexpr std::string_view kReceive = "receive-referral";
constexpr std::string_view kUnknown =
    " Den sier ikke hvilken pasient den gjelder, eller pasienten er ikke registrert her: "
    "spør avsenderen, eller registrer pasienten.";

bool is_in_force(fhir::Element request) {
  return request && is_referral(request) && request["status"].value() == "active" &&
         request["intent"].value() != "proposal";
}

std::string sender_of(fhir::Element request) {
  const auto display = request["requester"]["display"].value();
  return display.empty() ? std::string() : fmt::format(" fra {}", display);
}

std::string subject_of(std::string_view id) { return fmt::format("ServiceRequest/{}", id); }

Result<void> receive(interaction::Act& act, const interaction::Stored& stored) {
  const auto& version = stored.version;
  const auto request = stored.resource;
  const bool is_known = version.patient != storage::PatientKey::none;
  auto tree = task_of(
      {is_known ? act.patient_id(version.patient) : std::string(), std::string(kReceive),
       request["priority"].value() == "stat" || request["priority"].value() == "asap" ? "asap" : "urgent",
       fmt::format("Motta og behandle henvisning{}.{}", sender_of(request), is_known ? std::string_view{} : kUnknown),
       subject_of(version.id)},
      act.now());
  auto task = tree.edit();
  add_reference(task, "basedOn", subject_of(version.id));
  if (request["requester"]) task.add_copy("requester", request["requester"]);
  const auto written = act.create(task);
  FHIR_TRY(written);
  storage::open_alert::put(act, version.patient, {subject_of(version.id), written->id, act.now()});
  return {};
}

/// Nobody has begun: the Task is about what the referral says now. Somebody has: a note.
Result<void> tell_changed(interaction::Act& act, std::string_view task_id) {
  auto tree = read_task(act, task_id);
  if (!tree || !is_open(tree->root())) return {};
  auto note = tree->edit().add("note");
  note.set("time", interaction::fhir_instant(act.now()));
  note.set("text", "Henvisningen er endret av avsenderen.");
  return act.update(tree->edit(), std::string(task_id)).map([](const auto&) {});
}

}  // namespace

bool is_referral(fhir::Element request) {
  for (const auto category : request.each("category"))
    for (const auto coding : category.each("coding"))
      if (std::any_of(kCategories.begin(), kCategories.end(), [&](const CategoryRow& row) {
            return row.code == coding["code"].value() && (row.system.empty() || row.system == coding["system"].value());
          }))
        return true;
  return false;
}

Result<void> follow_referral(interaction::Act& act, const interaction::Stored& stored) {
  // What a message or a rule of ours has written has its own Task.
  if (act.principal().kind == access::Principal::Kind::ourselves) return {};
  const bool was = is_in_force(stored.previous), is = is_in_force(stored.resource);
  if (!was && !is) return {};
  const auto patient = stored.version.patient;
  const auto subject = subject_of(stored.version.id);
  if (was && stored.previous_patient != patient)
    FHIR_TRY(settle(act, stored.previous_patient, subject, "cancelled",
                    stored.previous_patient == storage::PatientKey::none ? "Henvisningen er knyttet til pasienten"
                                                                         : "Henvisningen gjelder en annen pasient"));
  const auto row = storage::open_alert::get(act, patient, subject);
  if (is) return row ? tell_changed(act, row->task_id) : receive(act, stored);
  const bool done = stored.resource && stored.resource["status"].value() == "completed";
  return settle(act, patient, subject, done ? "completed" : "cancelled",
                done ? "Henvisningen er fullført av avsenderen" : "Henvisningen er trukket tilbake av avsenderen");
}

void tell_progress(fhir::Editor task) {
  if (coding_of(fhir::view::CodeableConcept::of(task["code"]), codes::kTaskCode).code() != kReceive) return;
  const auto status = task["status"].value();
  std::string_view outcome;
  for (const auto output : task.each("output"))
    if (const auto code =
            coding_of(fhir::view::CodeableConcept::of(output["valueCodeableConcept"]), codes::kTaskOutcome).code();
        !code.text().empty())
      outcome = code.text();
  const auto row = std::find_if(kProgress.begin(), kProgress.end(), [&](const ProgressRow& each) {
    return each.status == status && (each.outcome.empty() || each.outcome == outcome);
  });
  if (row == kProgress.end()) return;
  task.remove("businessStatus");
  add_coding(task.add("businessStatus"), codes::kReferralStatus, row->code, row->display);
}

}  // namespace varde::followup
