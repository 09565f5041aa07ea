#pragma once
/// @file server/followup/evaluation.h
/// Judges an Observation by the limits in force: finds its numbers, writes the ranges they are judged by into
/// referenceRange, the level into meta.tag and interpretation.
/// Once judged, an Observation keeps the limits of its receipt: a correction is judged by the ranges it already
/// carries. Pure but for the limits it looks up.
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/followup/rule/limit.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// One number in an Observation.
struct MeasuredValue {
  fhir::Element place;  ///< the Observation, or the component
  std::string measure;  ///< key
  std::string unit;     ///< that `number` is in: the measure's own; as sent when the measure is not in our table
  double number = 0;
  double judged = 0;   ///< a hair's breadth from `number` when the sender wrote "<" or ">"
  bool usable = true;  ///< false: the unit is missing or of another dimension
};
std::vector<MeasuredValue> values_of(fhir::Element observation);

struct Judged {
  MeasuredValue value;
  LimitSet limits;  ///< none when grey
  LimitFinding finding;
  std::string source;  ///< versioned ServiceRequest
};

struct Judgement {
  std::vector<Judged> values;
  Zone level = Zone::grey;  ///< the worst of them
  const Judged* worst() const;
};

/// final, amended or corrected: somebody stands behind the value.
bool stands(fhir::Element observation);
/// Marked as test data (meta.security HTEST): stored and coloured, never an alert.
bool is_test_data(fhir::Element observation);

/// Writes ranges, tag and interpretation, and returns what it wrote. `previous` is absent on create.
Judgement judge(const storage::Snapshot&, storage::PatientKey patient, fhir::Editor observation,
                fhir::Element previous);
/// Reads back what judge wrote.
Judgement judgement_of(fhir::Element observation);
/// The level an Observation carries; nullopt when it was never judged.
std::optional<Zone> level_of(fhir::Element observation);

}  // namespace varde::followup
