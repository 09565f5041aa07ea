#include "server/followup/followup.h"

#include <set>

#include "fhir-model/view/observation.h"
#include "server/followup/alert.h"
#include "server/followup/enrolment.h"
#include "server/followup/evaluation.h"
#include "server/followup/in_force.h"
#include "server/followup/instant.h"
#include "server/followup/measure.h"
#include "server/followup/plan_end.h"
#include "server/storage/observed.h"

namespace varde::followup {

namespace {

using interaction::Stored;

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");

// --- measurements ----------------------------------------------------------------------------------------------------

/// When it was measured; when it does not say, when it was received: what its rows are keyed by.
Instant time_of(fhir::Element observation, const time::Zone& zone) {
  return measured_at(observation, zone).value_or(received_at(observation));
}

void replace_rows(storage::Transaction& transaction, const Stored& stored, const Judgement& judgement) {
  const auto& version = stored.version;
  if (stored.previous) {
    const auto patient = patient_of(transaction, stored.previous);
    transaction.drop_measurements(patient, version.key);
    storage::observed::remove(transaction, patient, measure_key(stored.previous["code"]), time_of(stored.previous, transaction.zone()),
                              version.key);
  }
  if (!stored.resource || version.patient == storage::PatientKey::none) return;
  const auto time = time_of(stored.resource, transaction.zone());
  storage::observed::put(transaction, version.patient, measure_key(stored.resource["code"]), time, version.key);
  if (!stands(stored.resource)) return;
  std::set<std::string> written;  // an Observation says each thing once; a second word is not a second measurement
  for (const auto& [value, limits, finding, source, doubt] : judgement.values)
    if (value.is_usable() && written.insert(value.measure).second)
      transaction.put_measurement(
          {version.patient, value.measure, time, version.key, value.number, value.unit, letter(finding.zone)});
}

// --- enrolment -------------------------------------------------------------------------------------------------------

bool is_enrolled(const storage::Snapshot& snapshot, storage::PatientKey patient) {
  const auto enrolment = enrolment_of(snapshot, patient);
  return enrolment && enrolment->is_open();
}

/// Whoever ends a follow-up, and however, ends its plan.
Result<void> follow_enrolment(storage::Transaction& transaction, interaction::Store& store, const Stored& stored) {
  const auto& version = stored.version;
  const bool before = is_enrolled(transaction, version.patient);
  follow_episode(transaction, stored);
  const bool after = is_enrolled(transaction, version.patient);
  if (before && !after) return end_plan(transaction, store, version.patient, version.id);
  if (!before && after) return reopen_plan(transaction, store, version.patient, version.id);
  return {};
}

}  // namespace

struct FollowUp::Impl {
  OnRed on_red;
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
};

FollowUp::FollowUp() : impl_(std::make_unique<Impl>()) {}
FollowUp::~FollowUp() = default;

void FollowUp::on_red_alert(OnRed handler) { impl_->on_red = std::move(handler); }

bool FollowUp::judges(fhir::TypeId type) const { return type == kObservation; }

Result<void> FollowUp::before(storage::Transaction& transaction, fhir::Editor resource, fhir::Element previous) {
  if (resource.type() == kObservation) {
    impl_->judgement = judge(transaction, patient_of(transaction, resource), resource, previous);
    impl_->judged = resource.tree();
  }
  if (resource.type() == kServiceRequest) return check_limits(transaction, resource, transaction.now());
  return {};
}

Result<void> FollowUp::after(storage::Transaction& transaction, interaction::Store& store, const Stored& stored) {
  const auto type = stored.version.type;
  if (type == kObservation) {
    const auto judgement = impl_->take_judgement(stored.resource);
    replace_rows(transaction, stored, judgement);
    return follow_observation(transaction, store, stored, judgement, impl_->on_red);
  }
  if (type == kServiceRequest) return follow_limits(transaction, store, stored);
  if (type == kEpisodeOfCare) return follow_enrolment(transaction, store, stored);
  return {};
}

}  // namespace varde::followup
