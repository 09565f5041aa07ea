#include "server/followup/work/message.h"

#include <fmt/format.h>

#include "fhir-model/element/reference.h"
#include "fhir-model/view/data_types.h"
#include "norway/identifiers.h"
#include "server/followup/codes.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/followup/work/agreement.h"
#include "server/interaction/person.h"
#include "server/interaction/text.h"
#include "server/storage/patients.h"

namespace varde::followup {
namespace {

using storage::PatientKey;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");
const fhir::TypeId kRelatedPerson = fhir::find_resource_type("RelatedPerson");

std::string subject_of(std::string_view communication_id) { return fmt::format("Communication/{}", communication_id); }

bool was_said(fhir::Element communication) {
  const auto status = communication["status"].value();
  return status == "completed" || status == "in-progress";
}

/// Named by an identity number alone.
bool is_by_number(fhir::Element reference) {
  return reference["reference"].value().empty() && !reference["identifier"]["value"].value().empty() &&
         norway::is_person_number(reference["identifier"]["system"].value());
}

/// The Patient who wrote it, or for whom one of the next of kin did; empty: somebody else did.
std::string writer_of(const interaction::View& view, fhir::Element communication) {
  const auto sender = communication["sender"];
  const auto literal = sender["reference"].value();
  if (auto id = view.own_id(literal, kPatient); !id.empty()) return id;
  if (const auto kin = view.own_id(literal, kRelatedPerson); !kin.empty()) {
    const auto person = view.tree(kRelatedPerson, kin);
    const auto about = person ? person->root()["patient"] : communication["subject"];
    return view.own_id(about["reference"].value(), kPatient);
  }
  if (!is_by_number(sender)) return {};
  const auto number = sender["identifier"];
  const auto found = interaction::person_with(view, number["system"].value(), number["value"].value());
  return found.patient ? found.patient->id : std::string();
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
  const bool is_kin = fhir::target_type(communication["sender"]) == kRelatedPerson;
  const std::string_view who = is_kin ? "pårørende" : "pasienten";
  std::string words = asks_for_video(communication)
                          ? fmt::format("{} ber om videosamtale", is_kin ? "Pårørende" : "Pasienten")
                          : fmt::format("Melding fra {}", who);
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
  if (is_by_number(message["sender"]) && writer.empty())
    return raise_once(
        act, PatientKey::none, subject_of(stored.version.id),
        {"", "message", "urgent", "Melding fra en pasient som ikke er registrert her: finn ut hvem det er, og svar.",
         subject_of(stored.version.id)});
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
