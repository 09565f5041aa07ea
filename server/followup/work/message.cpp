#include "server/followup/work/message.h"

#include <fmt/format.h>

#include "fhir-model/view/data_types.h"
#include "server/followup/codes.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/followup/work/agreement.h"
#include "server/interaction/text.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

using storage::PatientKey;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");

std::string subject_of(std::string_view communication_id) { return fmt::format("Communication/{}", communication_id); }

bool was_said(fhir::Element communication) {
  const auto status = communication["status"].value();
  return status == "completed" || status == "in-progress";
}

/// The Patient who wrote it; empty: somebody else did.
std::string writer_of(const interaction::View& view, fhir::Element communication) {
  return view.own_id(communication["sender"]["reference"].value(), kPatient);
}

bool asks_for_video(fhir::Element communication) {
  const auto is_video = [](fhir::Element concept_) {
    return coding_of(fhir::view::CodeableConcept::of(concept_), codes::kTopic).code() == "video-call";
  };
  if (is_video(communication["topic"])) return true;
  for (const auto reason : communication.each("reasonCode"))
    if (is_video(reason)) return true;
  return false;
}

std::string in_words(fhir::Element communication) {
  std::size_t attachments = 0;
  for (const auto payload : communication.each("payload"))
    if (payload["contentAttachment"] || payload["contentReference"]) ++attachments;
  std::string words = asks_for_video(communication) ? "Pasienten ber om videosamtale" : "Melding fra pasienten";
  if (attachments == 1) words += " med ett vedlegg";
  if (attachments > 1) words += fmt::format(" med {} vedlegg", attachments);
  return words + ".";
}

/// The group of messages that nobody has taken yet; a new one where there is none.
std::string open_group(const interaction::View& view, PatientKey patient) {
  const auto row = storage::open_alert::get(view, patient, "message");
  const auto task = row ? read_task(view, row->task_id) : std::nullopt;
  if (!task || !is_untouched(task->root())) return view.new_id();
  return std::string(task->root()["groupIdentifier"]["value"].value());
}

Result<void> raise_message(interaction::Act& act, PatientKey patient, const interaction::Stored& stored) {
  const auto subject = subject_of(stored.version.id);
  auto tree = task_of({act.patient_id(patient), "message", "urgent", in_words(stored.resource), subject}, act.now());
  auto group = tree.edit().add("groupIdentifier");
  group.set("system", codes::kAlertGroup);
  group.set("value", open_group(act, patient));
  const auto written = act.create(tree.edit());
  FHIR_TRY(written);
  storage::open_alert::put(act, patient, {"message", written->id, act.now()});
  storage::open_alert::put(act, patient, {subject, written->id, act.now()});
  return {};
}

/// An answer has been written: whoever wrote it has done the work, unless somebody else is at it.
Result<void> answered(interaction::Act& act, PatientKey patient, std::string_view message, fhir::Element answer) {
  const auto row = storage::open_alert::get(act, patient, subject_of(message));
  auto tree = row ? read_task(act, row->task_id) : std::nullopt;
  if (!tree || !is_open(tree->root())) return {};
  auto task = tree->edit();
  const auto sender = answer["sender"];
  const bool theirs = is_untouched(task) || (sender && party_key(task["owner"]) == party_key(sender));
  if (!theirs) return conclude(act, row->task_id, {}, "Meldingen er besvart av en annen");
  task.set("status", "completed");
  task.ensure("statusReason").set("text", "Besvart");
  if (sender) task.remove("owner"), task.add_copy("owner", sender);
  task.set("lastModified", interaction::fhir_instant(act.now()));
  auto output = task.add("output");
  add_coding(output.add("type"), codes::kTaskStep, "answer", "Svar til pasienten");
  add_reference(output, "valueReference", subject_of(answer["id"].value()));
  return act.update(task, row->task_id).map([](const auto&) {});
}

}  // namespace

Result<void> follow_message(interaction::Act& act, const interaction::Stored& stored) {
  const auto message = stored.resource;
  const auto before = stored.previous ? writer_of(act, stored.previous) : std::string();
  const auto writer = message ? writer_of(act, message) : std::string();
  const bool says = message && !writer.empty() && was_said(message);
  if (!before.empty() && was_said(stored.previous) && !says) {
    const auto patient = storage::patients::survivor(act, act.patient_key(before));
    return settle(act, patient, subject_of(stored.version.id), "cancelled", "Meldingen er trukket tilbake");
  }
  if (says) {
    const auto patient = storage::patients::survivor(act, act.claim_patient(writer));
    if (storage::open_alert::get(act, patient, subject_of(stored.version.id))) return {};
    return raise_message(act, patient, stored);
  }
  if (!message || !was_said(message)) return {};
  for (const auto reference : message.each("inResponseTo")) {
    const auto id = act.own_id(reference["reference"].value(), kCommunication);
    const auto asked = id.empty() ? std::nullopt : act.tree(kCommunication, id);
    const auto asker = asked ? writer_of(act, asked->root()) : std::string();
    if (asker.empty()) continue;
    FHIR_TRY(answered(act, storage::patients::survivor(act, act.patient_key(asker)), id, message));
  }
  return {};
}

}  // namespace varde::followup
