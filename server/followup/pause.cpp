#include "server/followup/pause.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "server/followup/codes.h"
#include "server/followup/evaluation.h"
#include "server/followup/instant.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/reading.h"
#include "server/followup/situation.h"
#include "server/followup/task.h"
#include "server/followup/unjudged.h"
#include "server/followup/window.h"
#include "server/followup/words.h"
#include "server/interaction/text.h"
#include "server/storage/patients.h"
#include "server/storage/worklist.h"

namespace varde::followup {

namespace {

using storage::EnrolmentState;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kObservation = fhir::find_resource_type("Observation");

constexpr std::string_view kResume = "resume";  // subject of the open Task, and its code
constexpr std::string_view kPause = "pause";
constexpr std::string_view kWorst = " Verste måling siden: ";  // parts our words from those of whoever asked

// --- stays in hospital -----------------------------------------------------------------------------------------------

/// Classes of an Encounter that keep a patient in hospital, of v3-ActCode.
constexpr std::array<std::string_view, 5> kInHospital{"IMP", "ACUTE", "NONAC", "EMER", "OBSENC"};

struct Stays {
  std::string open;                   ///< Encounter.id of one that has begun and not ended
  std::string since;                  ///< its period.start
  std::optional<Instant> discharged;  ///< the latest end
};

Stays stays_of(const interaction::View& view, storage::PatientKey patient) {
  Stays stays;
  const auto subject = storage::parameter_key("Encounter", "subject");
  for (const auto key : view.referring(subject, kPatient, view.patient_id(patient))) {
    const auto tree = view.tree(key);
    if (!tree) continue;
    const auto encounter = tree->root();
    if (std::ranges::count(kInHospital, encounter["class"]["code"].value()) == 0) continue;
    const auto status = encounter["status"].value();
    const auto period = encounter["period"];
    if (status == "in-progress" || status == "onleave") {
      stays.open = encounter["id"].value(), stays.since = period["start"].value();
    } else if (status == "finished") {
      const auto end = parse_instant(period["end"].value(), view.zone());
      if (end && (!stays.discharged || *stays.discharged < *end)) stays.discharged = *end;
    }
  }
  return stays;
}

Alarming since_discharge(const interaction::View& view, storage::PatientKey patient, Instant paused) {
  const auto discharged = stays_of(view, patient).discharged;
  return alarming_since(view, patient, discharged.value_or(Instant::min()), paused);
}

// --- the Task that asks to resume ------------------------------------------------------------------------------------

std::string worst_in_words(const Alarming& alarming, const time::Zone& zone) {
  const auto& worst = *alarming.worst;
  auto words = fmt::format("{} ({})", describe(worst.judgement), time_in_words(worst.observation->root(), zone));
  if (alarming.count > 1) words += fmt::format(", {} målinger utenfor grensene", alarming.count);
  return words + ".";
}

void write_worst(fhir::Editor task, const Alarming& alarming, const interaction::View& view) {
  std::string description(task["description"].value());
  description.erase(std::min(description.find(kWorst), description.size()));
  remove_each(task, "input", [](fhir::Element input) {
    return bool(coding_of(fhir::view::CodeableConcept::of(input["type"]), codes::kTaskInput));
  });
  if (alarming.worst) {
    const auto& worst = *alarming.worst;
    description.append(kWorst).append(worst_in_words(alarming, view.zone()));
    add_reference(add_input(task, "measurement"), "valueReference",
                  versioned("Observation", worst.version.id, worst.version.version));
    if (worst.judgement.level == Zone::red) task.set("priority", "asap");
  }
  task.set("description", description);
  task.set("lastModified", interaction::fhir_instant(view.now()));
}

bool asks(fhir::Element task, std::string_view code) {
  return coding_of(fhir::view::CodeableConcept::of(task["code"]), codes::kTaskCode).code() == code;
}

/// What was measured in the pause is nobody's work; what was found beside it before stays.
Result<void> withdraw_findings(interaction::Act& act, const std::string& task_id, fhir::Element task, Instant paused) {
  constexpr std::string_view kWhy = "Oppfølgingen var pauset da det ble målt";
  const auto was_in_pause = [&](const std::string& id) {
    const auto reading = id.empty() ? std::nullopt : act.tree(kObservation, id);
    if (!reading) return false;
    const auto time = time_of(reading->root(), act.zone());
    return std::min(time, measured_from(reading->root(), act.zone()).value_or(time)) >= paused;  // certainly
  };
  const auto findings = findings_of(act, task);
  if (findings.empty() && was_in_pause(act.own_id(task["focus"]["reference"].value(), kObservation)))
    return conclude(act, task_id, "cancelled", kWhy);
  for (const auto& finding : findings)
    if (was_in_pause(finding.observation))
      FHIR_TRY(drop_finding(act, task_id, finding.observation, kWhy, Issue::stands));
  return {};
}

}  // namespace

Result<void> name_worst(interaction::Act& act, storage::PatientKey patient) {
  const auto row = storage::open_alert::get(act, patient, kResume);
  const auto enrolment = row ? enrolment_of(act, patient) : std::nullopt;
  if (!enrolment || enrolment->state != EnrolmentState::paused) return {};
  auto tree = read_task(act, row->task_id);
  if (!tree || !is_open(tree->root())) return {};
  const std::string before(tree->root()["description"].value());
  write_worst(tree->edit(), since_discharge(act, patient, enrolment->since), act);
  if (tree->root()["description"].value() == before) return {};
  return act.update(tree->edit(), row->task_id).map([](const auto&) {});
}

namespace {

/// What came in the pause and could not be judged, wholly or beside something that was, asks for its work items now.
Result<void> tell_unjudged(interaction::Act& act, storage::PatientKey patient, Instant paused) {
  const auto tag = storage::parameter_key("Observation", "_tag");
  const auto since = stays_of(act, patient).discharged.value_or(Instant::min());
  for (const auto zone : {Zone::grey, Zone::yellow, Zone::red})
    for (const auto key : act.with_token(tag, code(zone), patient)) {
      const auto version = act.current(key);
      if (!version || version->updated < paused) continue;
      auto reading = read_reading(act, key);
      if (!reading || reading->time < since || !reading->judgement.has_doubt()) continue;
      const auto observation = reading->observation->root();
      if (is_test_data(observation) || level_of(observation) != zone) continue;
      reading->version.patient = patient;
      FHIR_TRY(follow_unjudged(act, reading->version, reading->judgement, measure_key(observation["code"])));
    }
  return {};
}

}  // namespace

Result<void> tell_worst(interaction::Act& act, storage::PatientKey patient, Instant paused, const OnRed& on_red) {
  FHIR_TRY(tell_unjudged(act, patient, paused));
  const auto alarming = since_discharge(act, patient, paused);
  if (!alarming.worst) return {};
  const auto& worst = *alarming.worst;
  auto version = worst.version;
  version.patient = patient;
  const interaction::Stored stored{version, worst.observation->root(), {}};
  auto remark =
      fmt::format("målt {}{} mens oppfølgingen var pauset", time_in_words(worst.observation->root(), act.zone()),
                  worst.time < paused ? ", mottatt" : "");
  if (alarming.count > 1) remark += fmt::format("; {} målinger utenfor grensene i pausen", alarming.count);
  return raise_alert(act, stored, worst.judgement, on_red, remark);
}

Result<void> withdraw_since(interaction::Act& act, storage::PatientKey patient, Instant paused) {
  constexpr std::size_t kMost = 1000;
  constexpr std::array<std::string_view, 2> kOfReadings{"alert", "green-measurement"};
  storage::worklist::Filter filter;
  filter.least_urgent = INT64_MAX, filter.patient = patient, filter.all_of_a_group = true;
  for (const auto& entry : storage::worklist::page(act, filter, {}, kMost)) {
    const auto task = read_task(act, entry.id);
    if (!task || std::none_of(kOfReadings.begin(), kOfReadings.end(),
                              [&](std::string_view code) { return asks(task->root(), code); }))
      continue;
    FHIR_TRY(withdraw_findings(act, entry.id, task->root(), paused));
  }
  return {};
}

Result<void> ask_about_pause(interaction::Act& act, storage::PatientKey patient) {
  const auto stays = stays_of(act, patient);
  if (stays.open.empty()) return {};
  const auto since = in_words(stays.since, act.zone());
  return raise_once(
      act, patient, kPause,
      {act.patient_id(patient), std::string(kPause), "urgent",
       fmt::format("Pasienten er meldt innlagt{} og er nå meldt inn i digital hjemmeoppfølging. Skal oppfølgingen "
                   "pauses til utskrivelsen? Fullfør oppgaven for å pause, avvis den for å la oppfølgingen gå.",
                   since.empty() ? since : " " + since),
       "Encounter/" + stays.open});
}

Result<void> follow_task(interaction::Act& act, const interaction::Stored& stored) {
  const auto task = stored.resource;
  if (!task) return {};
  const bool resume = asks(task, kResume), pausing = asks(task, kPause);
  if (!resume && !pausing) return {};
  const auto patient_id = act.own_id(task["for"]["reference"].value(), kPatient);
  if (patient_id.empty()) return {};
  const auto patient = storage::patients::survivor(act, act.claim_patient(patient_id));
  const auto subject = resume ? kResume : kPause;
  if (is_open(task)) {
    storage::open_alert::put(act, patient, {std::string(subject), stored.version.id, act.now()});
    return {};
  }
  const auto row = storage::open_alert::get(act, patient, subject);
  if (row && row->task_id == stored.version.id) storage::open_alert::remove(act, patient, subject);
  const bool done = task["status"].value() == "completed" && stored.previous["status"].value() != "completed";
  if (!pausing || !done) return {};
  return pause(act, act.patient_id(patient), "Innlagt i sykehus");
}

Result<void> follow_encounter(interaction::Act& act, const interaction::Stored& stored) {
  const auto patient = stored.version.patient;
  if (patient == storage::PatientKey::none) return {};
  if (storage::open_alert::get(act, patient, kPause) && stays_of(act, patient).open.empty())
    if (auto settled = settle(act, patient, kPause, "cancelled", "Pasienten er ikke lenger innlagt"); !settled)
      return settled;
  return name_worst(act, patient);
}

}  // namespace varde::followup
