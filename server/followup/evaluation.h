#pragma once
/// @file server/followup/evaluation.h
/// Judges an Observation by the limits in force: finds its numbers, writes the ranges they are judged by into
/// referenceRange, the level into meta.tag and interpretation. What could not be judged is grey, and grey is worse than
/// green: a panel with one value that nobody can read is not a green panel.
/// Once judged, an Observation keeps the limits of its receipt: a correction is judged by the ranges it already
/// carries. Pure but for the limits it looks up.
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/time/zone.h"
#include "server/followup/measure.h"
#include "server/followup/rule/limit.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// Why a value has no colour.
enum class Doubt : std::uint8_t {
  none,
  absent,            ///< the sender says that it was not measured
  no_value,          ///< nothing, or not for a reason: a device that failed
  not_a_number,      ///< a text, a range, a code ...
  unit,              ///< missing, or of another dimension
  impossible,        ///< no living patient has it
  ahead_of_time,     ///< dated in the future
  unknown_code,      ///< a number of something that nobody has planned
  no_limits,         ///< nobody has set any
  limits_unreadable  ///< what is stored of them is damaged
};

/// One thing measured in an Observation, whatever was sent for it.
struct MeasuredValue {
  fhir::Element place;             ///< the Observation, or the component
  std::string measure;             ///< key
  const Measure* known = nullptr;  ///< nullptr when our table does not have it
  std::string sent_unit;           ///< as written
  std::string unit;                ///< that `number` is in: the measure's own; as sent when the measure is not known
  double number = 0;
  double judged = 0;    ///< a hair's breadth from `number` when the sender wrote "<" or ">"
  char comparator = 0;  ///< '<' or '>' when `number` is only a bound
  Doubt doubt = Doubt::none;

  bool is_usable() const { return doubt == Doubt::none; }
};
/// Everything that should have been a number, usable or not.
std::vector<MeasuredValue> values_of(fhir::Element observation, const time::Zone& zone = time::Zone::norway());

struct Judged {
  MeasuredValue value;
  LimitSet limits;  ///< none when there are none
  LimitFinding finding;
  std::string source;         ///< versioned ServiceRequest
  Doubt doubt = Doubt::none;  ///< why it is grey
};

struct Judgement {
  std::vector<Judged> values;
  Zone level = Zone::grey;  ///< the worst of them
  const Judged* worst() const;
  bool has_doubt() const;
};

/// final, amended or corrected: somebody stands behind the value.
bool stands(fhir::Element observation);
/// Marked as test data (meta.security HTEST): stored and coloured, never an alert.
bool is_test_data(fhir::Element observation);

/// Writes ranges, tag and interpretation, and returns what it wrote. `previous` is absent on create.
Judgement judge(const interaction::View&, storage::PatientKey patient, fhir::Editor observation,
                fhir::Element previous);
/// Reads back what judge wrote.
Judgement judgement_of(fhir::Element observation);
/// The level an Observation carries; nullopt when it was never judged.
std::optional<Zone> level_of(fhir::Element observation);

}  // namespace varde::followup
