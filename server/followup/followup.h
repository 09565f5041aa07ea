#pragma once
/// @file server/followup/followup.h
/// Digital home follow-up: the Effect that evaluates every Observation in the transaction that stores it, keeps limits,
/// enrolments and pauses in step with the resources that express them, and raises Task + DetectedIssue.
/// Resources that speak to it: EpisodeOfCare (enrolment; status onhold = paused), CarePlan (category 2 = EBP),
/// ServiceRequest (planned measurement with limit extensions), Observation.
/// Modelling: see README.md in this folder.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/clock/clock.h"
#include "server/followup/service.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// A red alert was raised inside this transaction (messaging tells the GP).
struct RedAlert {
  storage::PatientKey patient;
  std::string patient_id, task_id, observation_id;
  bool is_news = true;  ///< its group turns red, or is worse than it was
};

/// A reading that somebody stood behind says something else now, or nothing.
struct Correction {
  storage::PatientKey patient;  ///< whose it was
  storage::ResourceKey observation;
  std::string observation_id;
};

class FollowUp final : public interaction::Effect {
 public:
  explicit FollowUp(Service service = {});
  ~FollowUp() override;
  /// Runs inside the transaction that raised it. Set at wiring.
  void on_red_alert(std::function<Result<void>(interaction::Act&, const RedAlert&)> handler);
  void on_correction(std::function<Result<void>(interaction::Act&, const Correction&)> handler);

  /// What happens by the clock: planned measurements that are not made. Set at wiring.
  static void keep_time(clock::Clock& clock, const Service& service = {});
  /// Readings whose alert waits for a second one. Set at wiring; this outlives the clock.
  void confirm_by(clock::Clock& clock);

  bool judges(fhir::TypeId type) const override;
  Result<void> before(interaction::Act&, fhir::Editor resource, const interaction::Pending&) override;
  Result<void> after(interaction::Act&, const interaction::Stored&) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Pauses the patient's active enrolments (EpisodeOfCare.status = onhold). Idempotent. `reason` is a short code's
/// display.
Result<void> pause(interaction::Act&, const std::string& patient_id, const std::string& reason);
struct Pause {
  std::string reason;
  std::optional<storage::Instant> from = {};   ///< ahead of now: planned; behind: what was raised since is withdrawn
  std::optional<storage::Instant> until = {};  ///< goes on by itself then
};
/// Faults: parameter_malformed, business_rule.
Result<void> pause(interaction::Act&, const std::string& patient_id, const Pause& pause);
/// The inverse; onhold -> active.
Result<void> resume(interaction::Act&, const std::string& patient_id);
/// status = finished, reason death.
Result<void> end(interaction::Act&, const std::string& patient_id, const std::string& reason);
bool is_paused(const interaction::View&, storage::PatientKey patient);

/// A work item. Written as Task through `store`; returns its id.
struct WorkItem {
  std::string patient_id;   ///< empty for a technical item without patient
  std::string code;         ///< of our CodeSystem task-code: alert, receive-referral, resume, technical ...
  std::string priority;     ///< asap, urgent, routine
  std::string description;  ///< Norwegian, for the nurse; no identity numbers
  std::string focus;        ///< "Observation/123", empty when none
};
Result<std::string> raise(interaction::Act&, const WorkItem& item);

}  // namespace varde::followup
