#include "server/followup/patient.h"

#include <algorithm>
#include <array>
#include <set>

#include "fhir-model/json/json.h"
#include "server/followup/codes.h"
#include "server/followup/enrolment.h"
#include "server/followup/task.h"
#include "server/storage/patients.h"

namespace varde::followup {

namespace {

using interaction::Store;
using interaction::Stored;
using storage::PatientKey;
using storage::Snapshot;
using storage::Transaction;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
constexpr auto kLink = storage::parameter_key("Patient", "link");

std::optional<fhir::Tree> read_patient(const Snapshot& snapshot, std::string_view id) {
  const auto current = snapshot.current(kPatient, id);
  if (!current || current->method == storage::Method::remove) return std::nullopt;
  auto tree = fhir::parse_json(current->bytes);
  return tree ? std::optional(std::move(*tree)) : std::nullopt;
}

bool is_live(const Snapshot& snapshot, std::string_view id) {
  const auto current = snapshot.current(kPatient, id);
  return current && current->method != storage::Method::remove;
}

// --- links -----------------------------------------------------------------------------------------------------------

std::vector<std::string> linked(const Store& store, fhir::Element patient, std::string_view type = {}) {
  std::vector<std::string> ids;
  for (const auto link : patient.each("link"))
    if (type.empty() || link["type"].value() == type)
      if (auto id = store.own_id(link["other"]["reference"].value(), kPatient); !id.empty())
        ids.push_back(std::move(id));
  return ids;
}

/// Who has replaced that Patient, by its own word or by the survivor's; empty when nobody.
std::string replaced_by(const Snapshot& snapshot, const Store& store, const std::string& id) {
  if (const auto patient = read_patient(snapshot, id))
    for (auto& other : linked(store, patient->root(), "replaced-by"))
      if (other != id && is_live(snapshot, other)) return std::move(other);
  for (const auto key : snapshot.referring(kLink, kPatient, id)) {
    const auto version = snapshot.current(key);
    const auto other = version && version->id != id ? read_patient(snapshot, version->id) : std::nullopt;
    if (!other) continue;
    const auto replaced = linked(store, other->root(), "replaces");
    if (std::find(replaced.begin(), replaced.end(), id) != replaced.end()) return version->id;
  }
  return {};
}

/// The open work items of a Patient that is replaced are about the survivor.
Result<void> hand_over_tasks(Transaction& transaction, Store& store, PatientKey from, const std::string& to) {
  const auto before = "Patient/" + transaction.patient_id(from);
  for (const auto& row : storage::open_alert::all(transaction, from)) {
    auto task = read_task(transaction, row.task_id);
    if (!task || !is_open(task->root()) || task->root()["for"]["reference"].value() != before) continue;
    task->edit().ensure("for").set("reference", "Patient/" + to);
    FHIR_TRY(store.update(transaction, task->edit(), row.task_id));
  }
  return {};
}

/// Returns whether the Patient is current again after having been replaced.
Result<bool> follow_link(Transaction& transaction, Store& store, const std::string& id) {
  const auto patient = transaction.claim_patient(id);
  const auto survivor = replaced_by(transaction, store, id);
  const bool was_replaced = storage::patients::is_replaced(transaction, patient);
  if (survivor.empty()) {
    if (was_replaced) storage::patients::set_survivor(transaction, patient, PatientKey::none);
    return was_replaced;
  }
  const auto to = transaction.claim_patient(survivor);
  if (!was_replaced) FHIR_TRY(hand_over_tasks(transaction, store, patient, survivor));
  storage::patients::set_survivor(transaction, patient, to);
  if (storage::patients::is_replaced(transaction, storage::patients::survivor(transaction, patient)))
    return fail(Fault::business_rule, "the links form a circle: one of the Patients must survive", "Patient.link");
  return false;
}

/// Everybody whose standing this write may change. Returns whether somebody became current again.
Result<bool> follow_links(Transaction& transaction, Store& store, const Stored& stored) {
  std::set<std::string> touched;
  for (const auto resource : {stored.resource, stored.previous})
    for (auto& id : linked(store, resource)) touched.insert(std::move(id));
  for (const auto key : transaction.referring(kLink, kPatient, stored.version.id))
    if (const auto version = transaction.current(key)) touched.insert(version->id);
  if (touched.empty() && !storage::patients::is_replaced(transaction, stored.version.patient)) return false;
  touched.insert(stored.version.id);
  bool returned = false;
  for (const auto& id : touched) {
    const auto followed = follow_link(transaction, store, id);
    if (!followed) return followed;
    returned |= *followed;
  }
  return returned;
}

// --- numbers ---------------------------------------------------------------------------------------------------------

bool is_national(fhir::Element identifier) {
  return !identifier["value"].value().empty() &&
         std::find(codes::kNationalNumbers.begin(), codes::kNationalNumbers.end(), identifier["system"].value()) !=
             codes::kNationalNumbers.end();
}

bool has_number(fhir::Element patient, fhir::Element number) {
  for (const auto each : patient.each("identifier"))
    if (each["system"].value() == number["system"].value() && each["value"].value() == number["value"].value())
      return true;
  return false;
}

bool belongs_to_another(const Snapshot& snapshot, fhir::Element number, storage::ResourceKey self) {
  for (const auto key : snapshot.by_identifier(kPatient, number["system"].value(), number["value"].value())) {
    if (key == self) continue;
    const auto other = snapshot.current(key);
    if (other && !storage::patients::is_replaced(snapshot, other->patient)) return true;
  }
  return false;
}

/// `returned`: somebody is current again, so that also numbers that were here before can clash.
Result<void> one_patient_per_number(const Snapshot& snapshot, const Stored& stored, bool returned) {
  if (storage::patients::is_replaced(snapshot, stored.version.patient)) return {};
  for (const auto number : stored.resource.each("identifier")) {
    // Two that clash since before this rule can still be mended: by a link, or in everything else that they say.
    if (!is_national(number) || (!returned && has_number(stored.previous, number))) continue;
    if (belongs_to_another(snapshot, number, stored.version.key))
      return fail(Fault::resource_conflict,
                  "Another Patient here has this identity number already, and one person is one Patient. Use that "
                  "Patient; if both are stored, say by Patient.link (replaces, replaced-by) which of them survives.",
                  number.path());
  }
  return {};
}

Result<void> not_while_followed_up(const Snapshot& snapshot, const Stored& stored) {
  const auto enrolment = enrolment_of(snapshot, stored.version.patient);
  if (!enrolment || enrolment->state == storage::EnrolmentState::ended) return {};
  return fail(Fault::resource_conflict,
              "The Patient is followed up: end the follow-up before deleting the Patient (Patient/[id]/$end, or an "
              "EpisodeOfCare with status finished).",
              "Patient");
}

}  // namespace

Result<void> follow_patient(Transaction& transaction, Store& store, const Stored& stored) {
  if (!stored.resource)
    if (auto free = not_while_followed_up(transaction, stored); !free) return free;
  const auto returned = follow_links(transaction, store, stored);
  FHIR_TRY(returned);
  if (!stored.resource) return {};
  return one_patient_per_number(transaction, stored, *returned);
}

}  // namespace varde::followup
