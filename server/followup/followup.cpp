#include "server/followup/followup.h"

#include <algorithm>
#include <set>

#include "fhir-model/json/json.h"
#include "fhir-model/view/observation.h"
#include "server/followup/alert.h"
#include "server/followup/enrolment.h"
#include "server/followup/evaluation.h"
#include "server/followup/in_force.h"
#include "server/followup/instant.h"
#include "server/followup/measure.h"
#include "server/followup/patient.h"
#include "server/followup/pause.h"
#include "server/followup/plan_end.h"
#include "server/followup/resent.h"
#include "server/followup/unbound.h"
#include "server/storage/followup.h"
#include "server/storage/observed.h"
#include "server/storage/patients.h"

namespace varde::followup {

namespace {

using interaction::Stored;

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kTask = fhir::find_resource_type("Task");
const fhir::TypeId kEncounter = fhir::find_resource_type("Encounter");

// --- measurements ----------------------------------------------------------------------------------------------------

/// What its measurement rows are keyed by: when it was measured, or received when it does not say. A period that still
/// runs counts until now.
Instant time_of(fhir::Element observation, const time::Zone& zone) {
  const auto received = received_at(observation);
  const auto measured = measured_at(observation, zone).value_or(received);
  return measured > received + kClocksDiffer ? received : measured;
}

/// What `$lastn` sorts by: nothing without a time of its own is ever the last.
Instant observed_time(fhir::Element observation, const time::Zone& zone) {
  const bool has_time = measured_at(observation, zone) && !is_ahead_of_time(observation, zone);
  return has_time ? time_of(observation, zone) : storage::observed::kNoTime;
}

void remove_rows(storage::Transaction& transaction, const Stored& stored) {
  const auto patient = stored.previous_patient;
  const auto key = stored.version.key;
  transaction.drop_measurements(patient, key);
  const auto code = measure_key(stored.previous["code"]);
  const auto& zone = transaction.zone();
  // Earlier versions keyed them by what was said, or by the time of receipt.
  for (const auto time : {observed_time(stored.previous, zone), measured_at(stored.previous, zone).value_or(Instant{}),
                          received_at(stored.previous)})
    storage::observed::remove(transaction, patient, code, time, key);
}

void replace_rows(storage::Transaction& transaction, const Stored& stored, const Judgement& judgement) {
  const auto& version = stored.version;
  if (stored.previous) remove_rows(transaction, stored);
  if (!stored.resource || version.patient == storage::PatientKey::none) return;
  storage::observed::put(transaction, version.patient, measure_key(stored.resource["code"]),
                         observed_time(stored.resource, transaction.zone()), version.key);
  if (!stands(stored.resource)) return;
  const auto time = time_of(stored.resource, transaction.zone());
  std::set<std::string> written;  // an Observation says each thing once; a second word is not a second measurement
  for (const auto& [value, limits, finding, source, doubt] : judgement.values)
    if (value.is_usable() && written.insert(value.measure).second)
      transaction.put_measurement({.patient = version.patient,
                                   .measure = value.measure,
                                   .time = time,
                                   .observation = version.key,
                                   .value = value.number,
                                   .unit = value.unit,
                                   .zone = letter(finding.zone),
                                   .comparator = value.comparator});
}

// --- readings that were sent again -----------------------------------------------------------------------------------

/// A copy of a reading that stands, and which has no Task of its own.
bool is_copy(const storage::Snapshot& snapshot, const Stored& stored) {
  const auto& version = stored.version;
  if (!stored.resource || !stands(stored.resource)) return false;
  if (!copy_of(snapshot, version.patient, stored.resource, version.key)) return false;
  return !storage::open_alert::get(snapshot, version.patient, "Observation/" + version.id);
}

bool is_withdrawn(const Stored& stored) {
  return stored.previous && stands(stored.previous) && !(stored.resource && stands(stored.resource));
}

/// The reading was withdrawn, but a copy of it stands: that is the reading from now on.
Result<void> hand_over_to_copy(storage::Transaction& transaction, interaction::Store& store, const Stored& stored,
                               const OnRed& on_red) {
  const auto& version = stored.version;
  const auto other = copy_of(transaction, version.patient, stored.previous, storage::observed::kNewest.observation);
  if (!other || other->key < version.key) return {};  // what was withdrawn was itself a copy
  const auto tree = fhir::parse_json(other->bytes);
  FHIR_TRY(tree);
  const Stored copy{*other, tree->root(), {}};
  const auto judgement = judgement_of(tree->root());
  replace_rows(transaction, copy, judgement);
  return follow_observation(transaction, store, copy, judgement, on_red);
}

// --- enrolment -------------------------------------------------------------------------------------------------------

bool is_open(const storage::Snapshot& snapshot, const storage::Version& episode) {
  const auto rows = storage::enrolment::all(snapshot, episode.patient);
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
    return row.resource == episode.key && row.state != storage::EnrolmentState::ended;
  });
}

/// Whoever ends a follow-up, and however, ends its plan; whoever takes the end back has the plan again. What was
/// measured in a pause is told when the follow-up goes on.
Result<void> follow_enrolment(storage::Transaction& transaction, interaction::Store& store, const Stored& stored,
                              const OnRed& on_red) {
  using State = storage::EnrolmentState;
  const auto& version = stored.version;
  const auto patient = version.patient;
  const auto before = enrolment_of(transaction, patient);
  const bool was_enrolled = before && before->is_open(), was_open = is_open(transaction, version);
  follow_episode(transaction, stored);
  const auto now = enrolment_of(transaction, patient);
  const bool is_enrolled = now && now->is_open();
  if (was_enrolled && !is_enrolled) return end_plan(transaction, store, patient, version.id);
  if (!was_open && is_open(transaction, version))
    if (auto reopened = reopen_plan(transaction, store, patient, version.id); !reopened) return reopened;
  if (!is_enrolled || now->state != State::active) return {};
  if (!was_enrolled) return ask_about_pause(transaction, store, patient);
  return before->state == State::paused ? tell_worst(transaction, store, patient, before->since, on_red)
                                        : Result<void>{};
}

// --- corrections -----------------------------------------------------------------------------------------------------

bool says_the_same(const Stored& stored) {
  if (!stands(stored.resource) || stored.previous_patient != stored.version.patient) return false;
  const auto before = values_of(stored.previous), now = values_of(stored.resource);
  return std::equal(before.begin(), before.end(), now.begin(), now.end(), [](const auto& a, const auto& b) {
    return a.measure == b.measure && a.unit == b.unit && a.judged == b.judged;
  });
}

struct Binding {
  explicit Binding(bool& flag) : on(flag) { on = true; }
  ~Binding() { on = false; }
  Binding(const Binding&) = delete;
  bool& on;
};

}  // namespace

struct FollowUp::Impl {
  OnRed on_red;
  std::function<Result<void>(storage::Transaction&, interaction::Store&, const Correction&)> on_correction;
  /// A Patient has come, and what waited for it is written again: it is judged as if it came now.
  bool binding = false;
  /// What `before` found out about the Observation whose `after` comes next on this, the writer's, thread.
  const fhir::Tree* judged = nullptr;
  Judgement judgement;

  Judgement take_judgement(fhir::Element observation) {
    if (observation && judged == observation.tree()) {
      judged = nullptr;
      return std::move(judgement);
    }
    return judgement_of(observation);  // another Observation was written in between
  }

  Result<void> observation_written(storage::Transaction& transaction, interaction::Store& store, const Stored& stored) {
    const auto found = take_judgement(stored.resource);
    if (is_copy(transaction, stored)) {
      replace_rows(transaction, stored, {});
      return {};
    }
    replace_rows(transaction, stored, found);
    if (on_correction && stands(stored.previous) && !says_the_same(stored))
      if (auto told =
              on_correction(transaction, store, {stored.previous_patient, stored.version.key, stored.version.id});
          !told)
        return told;
    if (auto done = follow_observation(transaction, store, stored, found, on_red); !done) return done;
    return is_withdrawn(stored) ? hand_over_to_copy(transaction, store, stored, on_red) : Result<void>{};
  }

  Result<void> patient_written(storage::Transaction& transaction, interaction::Store& store, const Stored& stored) {
    if (auto followed = follow_patient(transaction, store, stored); !followed) return followed;
    const Binding while_binding(binding);
    return bind_waiting(transaction, store, stored);
  }

  /// `stored` with the patient whose follow-up it counts for.
  Result<void> written(storage::Transaction& transaction, interaction::Store& store, const Stored& stored) {
    const auto type = stored.version.type;
    if (type == kObservation) return observation_written(transaction, store, stored);
    if (type == kServiceRequest) return follow_limits(transaction, store, stored);
    if (type == kEpisodeOfCare) return follow_enrolment(transaction, store, stored, on_red);
    if (type == kTask) return follow_task(transaction, store, stored);
    if (type == kEncounter) return follow_encounter(transaction, store, stored);
    return {};
  }
};

FollowUp::FollowUp() : impl_(std::make_unique<Impl>()) {}
FollowUp::~FollowUp() = default;

void FollowUp::on_red_alert(OnRed handler) { impl_->on_red = std::move(handler); }
void FollowUp::on_correction(
    std::function<Result<void>(storage::Transaction&, interaction::Store&, const Correction&)> handler) {
  impl_->on_correction = std::move(handler);
}

bool FollowUp::judges(fhir::TypeId type) const { return type == kObservation; }

Result<void> FollowUp::before(storage::Transaction& transaction, fhir::Editor resource,
                              const interaction::Pending& pending) {
  const auto type = resource.type();
  if (type != kObservation && type != kServiceRequest) return {};
  const auto patient = storage::patients::survivor(transaction, pending.patient);
  if (type == kServiceRequest) return check_limits(transaction, patient, resource, transaction.now());
  // What another patient's reading was judged by says nothing of this one's.
  const bool same = !impl_->binding && pending.patient == pending.previous_patient;
  impl_->judgement = judge(transaction, patient, resource, same ? pending.previous : fhir::Element{});
  impl_->judged = resource.tree();
  return {};
}

Result<void> FollowUp::after(storage::Transaction& transaction, interaction::Store& store, const Stored& stored) {
  if (stored.version.type == kPatient) return impl_->patient_written(transaction, store, stored);
  const auto patient = storage::patients::survivor(transaction, stored.version.patient);
  const auto previous = storage::patients::survivor(transaction, stored.previous_patient);
  if (patient == stored.version.patient && previous == stored.previous_patient)
    return impl_->written(transaction, store, stored);
  auto version = stored.version;
  version.patient = patient;
  return impl_->written(transaction, store, {version, stored.resource, stored.previous, previous});
}

}  // namespace varde::followup
