#pragma once
/// @file server/followup/measured_value.h
/// What was measured: every value of an Observation and of its components, in the unit of its measure, and what keeps
/// it from being a number that can be judged. Pure; safe from any thread.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/time/zone.h"
#include "fhir-model/view/observation.h"
#include "server/followup/measure.h"
#include "server/followup/rule/limit.h"
#include "server/followup/rule/rule.h"

namespace varde::followup {

/// One thing measured in an Observation, whatever was sent for it.
struct MeasuredValue {
  fhir::Element place;             ///< the Observation, or the component
  std::string measure;             ///< key
  const Measure* known = nullptr;  ///< nullptr when our table does not have it
  std::string sent_unit;           ///< as written
  std::string unit;                ///< that `number` is in: the measure's own; as sent when the measure is not known
  double number = 0;
  /// What was meant lies a hair's breadth below (-1) or above (1) `number`: "<" or ">" was written, or more decimals
  /// than a double holds.
  int beside = 0;
  char comparator = 0;  ///< '<' or '>' when `number` is only a bound
  Doubt doubt = Doubt::none;

  bool is_usable() const { return doubt == Doubt::none; }
  /// The number that limits are compared with: 84.99999999999999999999 is below 85. Faults: value_malformed (the unit).
  Result<double> judged_in(std::string_view unit) const;
};
/// Everything that should have been a number, usable or not.
std::vector<MeasuredValue> values_of(fhir::Element observation, const time::Zone& zone = time::Zone::norway());

/// Of one place alone.
MeasuredValue read_value(fhir::view::Observation observation);
MeasuredValue read_value(fhir::view::Observation::Component component);

/// A reading is judged while all others wait. Faults: too_costly, which names the limit.
Result<void> check_size(fhir::Element observation);

/// By a rule that looks at this one number.
Finding asked_of(const rule::Rule& rule, const Measure* measure, const LimitSet& limits, double number);

/// Somebody has measured it: final, amended, corrected, and also preliminary and unknown, since a value that is red may
/// not wait for its confirmation; registered where it has a value already.
/// Source: https://hl7.org/fhir/R4/valueset-observation-status.html
bool stands(fhir::Element observation);
/// Nobody has confirmed it yet: it stands, but is not final, amended or corrected.
bool is_unconfirmed(fhir::Element observation);
/// Marked as test data (meta.security HTEST): stored and coloured, never an alert.
bool is_test_data(fhir::Element observation);

}  // namespace varde::followup
