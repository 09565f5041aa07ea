#include "server/followup/pause.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/json/json.h"
#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/instant.h"
#include "server/followup/parts.h"
#include "server/followup/reading.h"
#include "server/followup/task.h"
#include "server/interaction/text.h"
#include "server/storage/patients.h"

namespace varde::followup {

namespace {

using storage::EnrolmentState;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

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

Stays stays_of(const storage::Snapshot& snapshot, storage::PatientKey patient) {
  Stays stays;
  const auto subject = storage::parameter_key("Encounter", "subject");
  for (const auto key : snapshot.referring(subject, kPatient, snapshot.patient_id(patient))) {
    const auto version = snapshot.current(key);
    const auto tree = version ? fhir::parse_json(version->bytes) : Result<fhir::Tree>{fhir::Tree::of("Encounter")};
    if (!tree) continue;
    const auto encounter = tree->root();
    if (std::ranges::count(kInHospital, encounter["class"]["code"].value()) == 0) continue;
    const auto status = encounter["status"].value();
    const auto period = encounter["period"];
    if (status == "in-progress" || status == "onleave") {
      stays.open = version->id, stays.since = period["start"].value();
    } else if (status == "finished") {
      const auto end = parse_instant(period["end"].value(), snapshot.zone());
      if (end && (!stays.discharged || *stays.discharged < *end)) stays.discharged = *end;
    }
  }
  return stays;
}

Alarming since_discharge(const storage::Snapshot& snapshot, storage::PatientKey patient, Instant paused) {
  const auto discharged = stays_of(snapshot, patient).discharged;
  return alarming_since(snapshot, patient, discharged.value_or(Instant::min()), paused);
}

// --- the Task that asks to resume ------------------------------------------------------------------------------------

std::string worst_in_words(const Alarming& alarming, const time::Zone& zone) {
  const auto& worst = *alarming.worst;
  auto words = fmt::format("{} ({})", describe(worst.judgement), time::norwegian_text(worst.time, zone));
  if (alarming.count > 1) words += fmt::format(", {} målinger utenfor grensene", alarming.count);
  return words + ".";
}

void write_worst(fhir::Editor task, const Alarming& alarming, const storage::Transaction& transaction) {
  std::string description(task["description"].value());
  description.erase(std::min(description.find(kWorst), description.size()));
  remove_each(task, "input", [](fhir::Element input) {
    return bool(coding_of(fhir::view::CodeableConcept::of(input["type"]), codes::kTaskInput));
  });
  if (alarming.worst) {
    const auto& worst = *alarming.worst;
    description.append(kWorst).append(worst_in_words(alarming, transaction.zone()));
    add_reference(add_input(task, "measurement"), "valueReference",
                  versioned("Observation", worst.version.id, worst.version.version));
    if (worst.judgement.level == Zone::red) task.set("priority", "asap");
  }
  task.set("description", description);
  task.set("lastModified", interaction::fhir_instant(transaction.now()));
}

bool asks(fhir::Element task, std::string_view code) {
  return coding_of(fhir::view::CodeableConcept::of(task["code"]), codes::kTaskCode).code() == code;
}

}  // namespace

Result<void> name_worst(storage::Transaction& transaction, interaction::Store& store, storage::PatientKey patient) {
  const auto row = storage::open_alert::get(transaction, patient, kResume);
  const auto enrolment = row ? enrolment_of(transaction, patient) : std::nullopt;
  if (!enrolment || enrolment->state != EnrolmentState::paused) return {};
  auto tree = read_task(transaction, row->task_id);
  if (!tree || !is_open(tree->root())) return {};
  const std::string before(tree->root()["description"].value());
  write_worst(tree->edit(), since_discharge(transaction, patient, enrolment->since), transaction);
  if (tree->root()["description"].value() == before) return {};
  return store.update(transaction, tree->edit(), row->task_id).map([](const auto&) {});
}

Result<void> tell_worst(storage::Transaction& transaction, interaction::Store& store, storage::PatientKey patient,
                        Instant paused, const OnRed& on_red) {
  const auto alarming = since_discharge(transaction, patient, paused);
  if (!alarming.worst) return {};
  const auto& worst = *alarming.worst;
  auto version = worst.version;
  version.patient = patient;
  const interaction::Stored stored{version, worst.observation->root(), {}};
  std::string remark =
      fmt::format("målt {} mens oppfølgingen var pauset", time::norwegian_text(worst.time, transaction.zone()));
  if (alarming.count > 1) remark += fmt::format("; {} målinger utenfor grensene i pausen", alarming.count);
  return raise_alert(transaction, store, stored, worst.judgement, on_red, remark);
}

Result<void> ask_about_pause(storage::Transaction& transaction, interaction::Store& store,
                             storage::PatientKey patient) {
  const auto stays = stays_of(transaction, patient);
  if (stays.open.empty()) return {};
  const auto since = parse_instant(stays.since, transaction.zone());
  return raise_once(
      transaction, store, patient, kPause,
      {transaction.patient_id(patient), std::string(kPause), "urgent",
       fmt::format("Pasienten er meldt innlagt{} og er nå meldt inn i digital hjemmeoppfølging. Skal oppfølgingen "
                   "pauses til utskrivelsen? Fullfør oppgaven for å pause, avvis den for å la oppfølgingen gå.",
                   since ? " " + time::norwegian_text(*since, transaction.zone()) : std::string()),
       "Encounter/" + stays.open});
}

Result<void> follow_task(storage::Transaction& transaction, interaction::Store& store,
                         const interaction::Stored& stored) {
  const auto task = stored.resource;
  if (!task) return {};
  const bool resume = asks(task, kResume), pausing = asks(task, kPause);
  if (!resume && !pausing) return {};
  const auto patient_id = store.own_id(task["for"]["reference"].value(), kPatient);
  if (patient_id.empty()) return {};
  const auto patient = storage::patients::survivor(transaction, transaction.claim_patient(patient_id));
  const auto subject = resume ? kResume : kPause;
  if (is_open(task)) {
    storage::open_alert::put(transaction, patient, {std::string(subject), stored.version.id, transaction.now()});
    return {};
  }
  const auto row = storage::open_alert::get(transaction, patient, subject);
  if (row && row->task_id == stored.version.id) storage::open_alert::remove(transaction, patient, subject);
  const bool done = task["status"].value() == "completed" && stored.previous["status"].value() != "completed";
  if (!pausing || !done) return {};
  return pause(transaction, store, transaction.patient_id(patient), "Innlagt i sykehus");
}

Result<void> follow_encounter(storage::Transaction& transaction, interaction::Store& store,
                              const interaction::Stored& stored) {
  const auto patient = stored.version.patient;
  if (patient == storage::PatientKey::none) return {};
  if (storage::open_alert::get(transaction, patient, kPause) && stays_of(transaction, patient).open.empty())
    if (auto settled = settle(transaction, store, patient, kPause, "cancelled", "Pasienten er ikke lenger innlagt");
        !settled)
      return settled;
  return name_worst(transaction, store, patient);
}

}  // namespace varde::followup
