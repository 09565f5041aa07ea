#include "server/followup/patient.h"

#include <algorithm>
#include <array>
#include <set>

#include "norway/identifiers.h"
#include "server/followup/codes.h"
#include "server/followup/enrolment.h"
#include "server/followup/reading.h"
#include "server/followup/situation.h"
#include "server/followup/task.h"
#include "server/storage/patients.h"
#include "server/storage/worklist.h"

namespace varde::followup {

namespace {

using interaction::Stored;
using storage::PatientKey;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
constexpr std::string_view kReading = "Observation/";  // begins the subject of an alert about a reading
constexpr auto kLink = storage::parameter_key("Patient", "link");

std::optional<fhir::Tree> read_patient(const interaction::View& view, std::string_view id) {
  return view.tree(kPatient, id);
}

constexpr std::uint64_t kStepsOfReading = 100;  ///< of a Patient, as a budget counts

bool is_live(const interaction::View& view, std::string_view id) {
  const auto current = view.current(kPatient, id);
  return current && current->method != storage::Method::remove;
}

// --- links -----------------------------------------------------------------------------------------------------------

std::vector<std::string> linked(const interaction::View& view, fhir::Element patient, std::string_view type = {}) {
  std::vector<std::string> ids;
  for (const auto link : patient.each("link"))
    if (type.empty() || link["type"].value() == type)
      if (auto id = view.own_id(link["other"]["reference"].value(), kPatient); !id.empty())
        ids.push_back(std::move(id));
  return ids;
}

/// Who has replaced that Patient, by its own word or by the survivor's; empty when nobody.
std::string replaced_by(const interaction::View& view, const std::string& id) {
  if (const auto patient = read_patient(view, id))
    for (auto& other : linked(view, patient->root(), "replaced-by"))
      if (other != id && is_live(view, other)) return std::move(other);
  for (const auto key : view.referring(kLink, kPatient, id)) {
    if (!view.budget().spend(kStepsOfReading)) break;
    const auto version = view.current(key);
    const auto other = version && version->id != id ? read_patient(view, version->id) : std::nullopt;
    if (!other) continue;
    const auto replaced = linked(view, other->root(), "replaces");
    if (std::find(replaced.begin(), replaced.end(), id) != replaced.end()) return version->id;
  }
  return {};
}

/// The open work items of a Patient that is replaced are about the survivor.
Result<void> hand_over_tasks(interaction::Act& act, PatientKey from, const std::string& to) {
  constexpr std::size_t kMost = 1000;
  const auto id = act.patient_id(from);
  storage::worklist::Filter filter;
  filter.least_urgent = INT64_MAX, filter.patient = from, filter.all_of_a_group = true;
  for (const auto& entry : storage::worklist::page(act, filter, {}, kMost)) {
    auto task = read_task(act, entry.id);
    if (!task || !is_open(task->root()) || act.own_id(task->root()["for"]["reference"].value(), kPatient) != id)
      continue;
    task->edit().ensure("for").set("reference", "Patient/" + to);
    FHIR_TRY(act.update(task->edit(), entry.id));
  }
  const auto survivor = act.claim_patient(to);
  for (const auto& row : storage::open_alert::beginning(act, from, kReading)) {  // corrections find them there
    storage::open_alert::remove(act, from, row.subject);
    storage::open_alert::put(act, survivor, row);
  }
  return {};
}

// --- a link that goes
// --------------------------------------------------------------------------------------------------

bool is_of(const interaction::View& view, std::string_view reference, PatientKey patient) {
  const auto slash = reference.find('/');
  const auto type = fhir::find_resource_type(reference.substr(0, slash));
  if (slash == std::string_view::npos || type == fhir::TypeId::none) return false;
  const auto id = view.own_id(reference, type);
  const auto version = id.empty() ? std::nullopt : view.current(type, id);
  return version && version->patient == patient;
}

/// Readings of the Patient who is current again leave the other's open Tasks. Returns which they were.
Result<std::vector<std::string>> take_readings_back(interaction::Act& act, PatientKey patient, PatientKey survivor) {
  std::vector<std::string> ids;
  for (const auto& row : storage::open_alert::beginning(act, survivor, kReading)) {
    if (!is_of(act, row.subject, patient)) continue;
    const auto task = read_task(act, row.task_id);
    storage::open_alert::remove(act, survivor, row.subject);
    if (!task || !is_open(task->root())) continue;
    std::string id = row.subject.substr(kReading.size());
    FHIR_TRY(drop_finding(act, row.task_id, id, "Målingen gjelder en annen pasient", Issue::was_wrong));
    ids.push_back(std::move(id));
  }
  return ids;
}

/// What else is open about what is the Patient's own.
Result<void> take_tasks_back(interaction::Act& act, PatientKey patient, PatientKey survivor) {
  constexpr std::size_t kMost = 1000;
  storage::worklist::Filter filter;
  filter.least_urgent = INT64_MAX, filter.patient = survivor, filter.all_of_a_group = true;
  for (const auto& entry : storage::worklist::page(act, filter, {}, kMost)) {
    auto task = read_task(act, entry.id);
    if (!task || !is_of(act, task->root()["focus"]["reference"].value(), patient)) continue;
    if (!findings_of(act, task->root()).empty()) continue;
    task->edit().ensure("for").set("reference", "Patient/" + act.patient_id(patient));
    FHIR_TRY(act.update(task->edit(), entry.id));
  }
  return {};
}

/// They are told of again, as the Patient's own.
Result<void> tell_again(interaction::Act& act, const std::vector<std::string>& readings, const OnRed& on_red) {
  for (const auto& id : readings) {
    const auto version = act.current(kObservation, id);
    const auto reading = version ? read_reading(act, version->key) : std::nullopt;
    if (reading)
      FHIR_TRY(
          follow_observation(act, {reading->version, reading->observation->root(), {}}, reading->judgement, on_red));
  }
  return {};
}

Result<void> come_back(interaction::Act& act, PatientKey patient, const OnRed& on_red) {
  const auto survivor = storage::patients::survivor(act, patient);
  const auto readings = take_readings_back(act, patient, survivor);
  FHIR_TRY(readings);
  FHIR_TRY(take_tasks_back(act, patient, survivor));
  storage::patients::set_survivor(act, patient, PatientKey::none);
  return tell_again(act, *readings, on_red);
}

/// Returns whether the Patient is current again after having been replaced.
Result<bool> follow_link(interaction::Act& act, const std::string& id, const OnRed& on_red) {
  const auto patient = act.claim_patient(id);
  const auto survivor = replaced_by(act, id);
  const bool was_replaced = storage::patients::is_replaced(act, patient);
  if (survivor.empty()) {
    if (was_replaced) FHIR_TRY(come_back(act, patient, on_red));
    return was_replaced;
  }
  const auto to = act.claim_patient(survivor);
  if (!was_replaced) FHIR_TRY(hand_over_tasks(act, patient, survivor));
  storage::patients::set_survivor(act, patient, to);
  if (storage::patients::is_replaced(act, storage::patients::survivor(act, patient)))
    return fail(Fault::business_rule, "the links form a circle: one of the Patients must survive", "Patient.link");
  return false;
}

/// Each of them is looked at from both sides, so that thousands would hold everybody's writes up for minutes.
constexpr std::size_t kMostReplaced = 200;

/// Everybody whose standing this write may change. Returns whether somebody became current again.
Result<bool> follow_links(interaction::Act& act, const Stored& stored, const OnRed& on_red) {
  std::set<std::string> touched;
  for (const auto resource : {stored.resource, stored.previous})
    for (const auto* type : {"replaces", "replaced-by"})  // "seealso" and "refer" replace nobody
      for (auto& id : linked(act, resource, type)) touched.insert(std::move(id));
  if (touched.size() > kMostReplaced)
    return fail(Fault::too_costly, "A Patient replaces at most 200 others, or is replaced by them.", "Patient.link");
  for (const auto key : act.referring(kLink, kPatient, stored.version.id)) {
    if (!act.budget().spend()) break;
    if (const auto version = act.current(key)) touched.insert(version->id);
  }
  if (touched.empty() && !storage::patients::is_replaced(act, stored.version.patient)) return false;
  touched.insert(stored.version.id);
  bool returned = false;
  for (const auto& id : touched) {
    FHIR_TRY(act.budget().within());
    const auto followed = follow_link(act, id, on_red);
    if (!followed) return followed;
    returned |= *followed;
  }
  FHIR_TRY(act.budget().within());
  return returned;
}

// --- numbers ---------------------------------------------------------------------------------------------------------

bool is_national(fhir::Element identifier) {
  return !identifier["value"].value().empty() && norway::is_person_number(identifier["system"].value());
}

using Numbers = std::set<std::pair<std::string_view, std::string_view>>;
Numbers numbers_of(fhir::Element patient) {
  Numbers numbers;
  for (const auto each : patient.each("identifier")) numbers.emplace(each["system"].value(), each["value"].value());
  return numbers;
}

bool belongs_to_another(const interaction::View& view, std::string_view system, std::string_view number,
                        storage::ResourceKey self) {
  for (const auto key : view.by_identifier(kPatient, system, number)) {
    if (key == self) continue;
    const auto other = view.current(key);
    if (other && !storage::patients::is_replaced(view, other->patient)) return true;
  }
  return false;
}

/// Birth numbers and D-numbers share their digits' meaning: one that was written under the other's name is the same.
bool belongs_to_another(const interaction::View& view, fhir::Element number, storage::ResourceKey self) {
  const auto system = number["system"].value(), value = number["value"].value();
  if (belongs_to_another(view, system, value, self)) return true;
  if (system == norway::kFnr) return belongs_to_another(view, norway::kDnr, value, self);
  return system == norway::kDnr && belongs_to_another(view, norway::kFnr, value, self);
}

/// `returned`: somebody is current again, so that also numbers that were here before can clash.
Result<void> one_patient_per_number(const interaction::View& view, const Stored& stored, bool returned) {
  if (storage::patients::is_replaced(view, stored.version.patient)) return {};
  const auto before = returned ? Numbers{} : numbers_of(stored.previous);
  for (const auto number : stored.resource.each("identifier")) {
    // Two that clash since before this rule can still be mended: by a link, or in everything else that they say.
    if (!is_national(number) || before.contains({number["system"].value(), number["value"].value()})) continue;
    if (belongs_to_another(view, number, stored.version.key))
      return fail(Fault::resource_conflict,
                  "Another Patient here has this identity number already, and one person is one Patient. Use that "
                  "Patient; if both are stored, say by Patient.link (replaces, replaced-by) which of them survives.",
                  number.path());
  }
  return {};
}

Result<void> not_while_followed_up(const interaction::View& view, const Stored& stored) {
  const auto enrolment = enrolment_of(view, stored.version.patient);
  if (!enrolment || enrolment->state == storage::EnrolmentState::ended) return {};
  return fail(Fault::resource_conflict,
              "The Patient is followed up: end the follow-up before deleting the Patient (Patient/[id]/$end, or an "
              "EpisodeOfCare with status finished).",
              "Patient");
}

}  // namespace

Result<void> check_whose(const interaction::View& view, fhir::Element resource, PatientKey patient) {
  const auto subject = resource["subject"], number = subject["identifier"];
  if (patient == PatientKey::none || !is_national(number) || subject["reference"].value().empty()) return {};
  const auto whose = storage::patients::survivor(view, patient);
  const auto keys = view.by_identifier(kPatient, number["system"].value(), number["value"].value());
  const auto is_other = [&](storage::ResourceKey key) {
    const auto other = view.current(key);
    return other && storage::patients::survivor(view, other->patient) != whose;
  };
  if (keys.empty() || !std::all_of(keys.begin(), keys.end(), is_other)) return {};
  return fail(Fault::business_rule,
              "Referansen og identitetsnummeret gjelder to forskjellige pasienter (subject.reference and "
              "subject.identifier are two different patients)",
              subject.path());
}

std::string_view national_number(fhir::Element patient) {
  for (const auto each : patient.each("identifier"))
    if (is_national(each)) return each["value"].value();
  return {};
}

Result<void> follow_patient(interaction::Act& act, const Stored& stored, const OnRed& on_red) {
  if (!stored.resource)
    if (auto free = not_while_followed_up(act, stored); !free) return free;
  const auto returned = follow_links(act, stored, on_red);
  FHIR_TRY(returned);
  if (!stored.resource) return {};
  return one_patient_per_number(act, stored, *returned);
}

}  // namespace varde::followup
