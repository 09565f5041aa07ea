#pragma once
/// @file server/followup/plan.h
/// An enrolment as one act: EpisodeOfCare, the self-treatment plan (EBP, CarePlan category 2) and one ServiceRequest
/// per planned measurement with its limits. The same resources written one by one mean the same. Faults: not_found
/// (patient), business_rule (already enrolled, limits that do not hold together).
#include <string>
#include <string_view>
#include <vector>

#include "server/followup/course/stage.h"
#include "server/followup/instant.h"
#include "server/followup/limits.h"
#include "server/interaction/store.h"

namespace varde::followup {

/// So many times in so many days.
struct Frequency {
  int times = 1, days = 1;
};
/// "1.5" is 3 times in 2 days, "0.14" once in 7: as exact as it was written. Faults: value_malformed (not above 0 and
/// at most 96).
Result<Frequency> frequency_of(std::string_view per_day);

struct PlannedMeasurement {
  std::string measure;                ///< key
  std::string per_day = "1";          ///< FHIR decimal
  std::vector<MeasureLimits> limits;  ///< of the measure itself, or of its components
};

struct EnrolmentRequest {
  std::string patient_id;
  Instant start;
  std::string title;  ///< of the plan; empty: "Egenbehandlingsplan"
  std::vector<PlannedMeasurement> measurements;
  Stage stage = Stage::running;
};

struct Enrolled {
  std::string episode_id, care_plan_id;
  std::vector<std::string> service_request_ids;
};

Result<Enrolled> enrol(interaction::Act&, const EnrolmentRequest&);
/// The two halves of it: the plan with its measurements, and the start of the follow-up.
Result<Enrolled> write_plan(interaction::Act&, const EnrolmentRequest&);
Result<std::string> write_episode(interaction::Act&, const EnrolmentRequest&);

/// One of its measurements, in force (active) or not yet (draft). Returns the ServiceRequest's id.
Result<std::string> write_measurement(interaction::Act&, const EnrolmentRequest&, const PlannedMeasurement&,
                                      std::string_view status);

/// "copd", "heart-failure", "diabetes": conformance/followup/plans.txt. Faults: code_invalid.
Result<std::vector<PlannedMeasurement>> typical_plan(std::string_view code);

}  // namespace varde::followup
