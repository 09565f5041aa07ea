#include "server/followup/patient.h"

#include <algorithm>
#include <array>
#include <set>

#include "norway/identifiers.h"
#include "server/followup/codes.h"
#include "server/followup/enrolment.h"
#include "server/followup/task.h"
#include "server/storage/patients.h"
#include "server/storage/worklist.h"

namespace varde::followup {

namespace {

using interaction::Stored;
using storage::PatientKey;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
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
  return {};
}

/// Returns whether the Patient is current again after having been replaced.
Result<bool> follow_link(interaction::Act& act, const std::string& id) {
  const auto patient = act.claim_patient(id);
  const auto survivor = replaced_by(act, id);
  const bool was_replaced = storage::patients::is_replaced(act, patient);
  if (survivor.empty()) {
    if (was_replaced) storage::patients::set_survivor(act, patient, PatientKey::none);
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
Result<bool> follow_links(interaction::Act& act, const Stored& stored) {
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
    const auto followed = follow_link(act, id);
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

Result<void> follow_patient(interaction::Act& act, const Stored& stored) {
  if (!stored.resource)
    if (auto free = not_while_followed_up(act, stored); !free) return free;
  const auto returned = follow_links(act, stored);
  FHIR_TRY(returned);
  if (!stored.resource) return {};
  return one_patient_per_number(act, stored, *returned);
}

}  // namespace varde::followup
