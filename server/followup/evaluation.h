#pragma once
/// @file server/followup/evaluation.h
/// Judges an Observation by the limits in force: finds its numbers, writes the ranges they are judged by into
/// referenceRange, the level into meta.tag and interpretation, and what the plan's other rules found beside it. What
/// could not be judged is grey, and grey is worse than green: a panel with one value that nobody can read is not a
/// green panel. Once judged, an Observation keeps the limits of its receipt: a correction is judged by the ranges it
/// already carries, and by the rules of the version of the plan they came from. Pure but for the plan and the window it
/// reads.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/time/zone.h"
#include "server/followup/measured_value.h"
#include "server/followup/rule/limit.h"
#include "server/followup/rule_finding.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::followup {

struct Judged {
  MeasuredValue value;
  LimitSet limits;                    ///< none when there are none
  Finding finding;                    ///< by the limits
  std::vector<RuleFinding> beyond{};  ///< what the plan's other rules found
  std::string source{};               ///< versioned ServiceRequest
  Doubt doubt = Doubt::none;          ///< why it is grey
  /// How long after it another reading may look back on it; nullopt: its plan must be asked.
  std::optional<std::chrono::seconds> reach{};

  bool counts = true;  ///< not a part of a score that has no limits of its own

  Zone level() const;  ///< the worst of what was found
};

struct Judgement {
  std::vector<Judged> values;
  Zone level = Zone::grey;  ///< the worst of them
  const Judged* worst() const;
  bool has_doubt() const;
};

/// Writes ranges, tag and interpretation, and returns what it wrote. `previous` is absent on create.
Judgement judge(const interaction::View&, storage::PatientKey patient, fhir::Editor observation,
                fhir::Element previous);
/// Reads back what judge wrote.
Judgement judgement_of(fhir::Element observation);
/// The level an Observation carries; nullopt when it was never judged.
std::optional<Zone> level_of(fhir::Element observation);

}  // namespace varde::followup
