#include "server/followup/followup.h"

#include <fmt/format.h>

#include <set>

#include "fhir-model/view/observation.h"
#include "fhir-model/view/service_request.h"
#include "server/followup/alert.h"
#include "server/followup/enrolment.h"
#include "server/followup/evaluation.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/storage/followup.h"
#include "server/storage/observed.h"

namespace varde::followup {

namespace {

using interaction::Stored;

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");

// --- measurements ----------------------------------------------------------------------------------------------------

Instant time_of(fhir::Element observation, Instant received, const time::Zone& zone) {
  return measured_at(observation, zone).value_or(received);
}

/// When the version before was received, by its own word: what its rows were keyed by.
Instant received_at(fhir::Element observation, Instant otherwise) {
  return parse_instant(fhir::view::Observation::of(observation).meta().last_updated()).value_or(otherwise);
}

void replace_rows(storage::Transaction& transaction, const Stored& stored, const Judgement& judgement) {
  const auto& version = stored.version;
  if (stored.previous) {
    const auto patient = patient_of(transaction, stored.previous);
    transaction.drop_measurements(patient, version.key);
    storage::observed::remove(
        transaction, patient, measure_key(stored.previous["code"]),
        time_of(stored.previous, received_at(stored.previous, version.updated), transaction.zone()), version.key);
  }
  if (!stored.resource || version.patient == storage::PatientKey::none) return;
  const auto time = time_of(stored.resource, received_at(stored.resource, version.updated), transaction.zone());
  storage::observed::put(transaction, version.patient, measure_key(stored.resource["code"]), time, version.key);
  if (!stands(stored.resource)) return;
  std::set<std::string> written;  // an Observation says each thing once; a second word is not a second measurement
  for (const auto& [value, limits, finding, source] : judgement.values)
    if (value.usable && written.insert(value.measure).second)
      transaction.put_measurement(
          {version.patient, value.measure, time, version.key, value.number, value.unit, letter(finding.zone)});
}

// --- limits ----------------------------------------------------------------------------------------------------------

/// A proposal is not yet anybody's limits.
bool is_in_force(fhir::Element service_request) {
  const auto planned = fhir::view::ServiceRequest::of(service_request);
  return planned.status() == "active" && planned.intent() != "proposal";
}

Result<void> follow_limits(storage::Transaction& transaction, interaction::Store& store, const Stored& stored) {
  const auto& version = stored.version;
  if (stored.previous) storage::limits::remove(transaction, version.key);
  if (!stored.resource || !is_in_force(stored.resource) || version.patient == storage::PatientKey::none) return {};
  const auto limits = limits_of(stored.resource);
  if (!limits) return tl::unexpected(limits.error());
  if (limits->empty()) return {};
  const auto source = versioned("ServiceRequest", version.id, version.version);
  for (const auto& [measure, set] : *limits)
    storage::limits::put(transaction, version.patient,
                         {measure, version.key, transaction.now(), fmt::format("{} {}", source, to_text(set))});
  return limits_were_set(transaction, store, version.patient, measure_key(stored.resource["code"]));
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
  if (resource.type() == kServiceRequest) return limits_of(resource).map([](const auto&) {});
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
  if (type == kEpisodeOfCare) follow_episode(transaction, stored);
  return {};
}

}  // namespace varde::followup
