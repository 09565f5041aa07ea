#pragma once
/// @file server/followup/alert_case.h
/// One reading outside its limits, as the finding of a Task and as the DetectedIssue that the hub takes.
#include <string>
#include <vector>

#include "server/followup/alert.h"
#include "server/followup/situation.h"

namespace varde::followup {

/// What one alert is about and where it is written.
struct Case {
  interaction::Act& act;
  const OnRed& on_red;
  storage::PatientKey patient;
  std::string patient_id;
  const interaction::Stored& stored;
  const Judgement& judgement;
  std::string measure;  ///< key of the Observation's own code
  storage::Instant active_since;
  std::string remark = {};                    ///< of the description, such as "målt i pausen"
  std::vector<std::size_t> occurrences = {};  ///< of each of the judgement's values; 0: it is inside the limits

  std::string observation() const { return "Observation/" + stored.version.id; }
};

/// `stored`, `judgement` and `on_red` outlive it.
Case case_of(interaction::Act&, const interaction::Stored& stored, const Judgement& judgement, const OnRed& on_red,
             const Enrolment& enrolment);

/// Which reading of the measure outside the green limits each value is, of those of the last days: 1 is the first.
std::vector<std::size_t> occurrences_of(const Case&);
/// For the nurse. A yellow one that is not the first says so: the list tells the two apart.
std::string description_of(const Case&);
/// Writes the DetectedIssue; its reference.
Result<std::string> write_issue(const Case&);
/// With a DetectedIssue of its own.
Result<TaskFinding> finding_of(const Case&);

}  // namespace varde::followup
