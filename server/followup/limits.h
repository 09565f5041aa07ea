#pragma once
/// @file server/followup/limits.h
/// A patient's limits in the two places where FHIR holds them: as extensions of the ServiceRequest that plans the
/// measurement, and, from receipt on, as Observation.referenceRange.
/// Faults: business_rule, required_missing, value_malformed, each with the place in the resource. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "server/followup/asked.h"
#include "server/followup/rule/limit.h"

namespace varde::followup {

/// The limits of one measure; of a panel's component, that component's measure.
struct MeasureLimits {
  std::string measure;  ///< key
  LimitSet limits;
  std::vector<Asked> rules = {};  ///< beside the limits
};

/// Reads and proves every limit extension, and the rules beside them. Empty when there is none.
Result<std::vector<MeasureLimits>> limits_of(fhir::Element service_request);
/// The inverse for one range; `component` is left out when the limits are for the planned measure itself.
void add_limit(fhir::Editor service_request, const LimitSet& limits, const ZoneRange& range,
               std::string_view component);

/// Writes the ranges that a value was judged by. `source` is the versioned ServiceRequest. Ranges of others stay.
void add_reference_ranges(fhir::Editor observation_or_component, const LimitSet& limits, std::string_view source);
/// What add_reference_ranges wrote; no ranges when there are none of ours. Faults: value_malformed, when what stands
/// there is not what we wrote.
Result<LimitSet> reference_ranges_of(fhir::Element observation_or_component);
std::string reference_range_source(fhir::Element observation_or_component);
void remove_reference_ranges(fhir::Editor observation_or_component);

/// "90 % eller mer", "85 til 90 %".
std::string shown_range(const LimitSet& limits, const ZoneRange& range);
void set_quantity(fhir::Editor quantity, std::string_view literal, std::string_view unit);

}  // namespace varde::followup
