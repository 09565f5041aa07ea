#pragma once
/// @file server/messaging/summary_lines.h
/// What the follow-up knows, as a GP reads it: measurement lines, newest first, and the limits in force.
#include <string>
#include <vector>

#include "mappings/plo/summary.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::messaging {

struct LastMeasurements {
  std::vector<mappings::MeasurementLine> lines;
  std::vector<storage::ResourceKey> observations;  ///< that the lines tell of
};
/// At most `count`; one line per Observation ("142/91" for a panel), in the unit it was measured in.
LastMeasurements last_measurements(const interaction::View& view, storage::PatientKey patient, storage::Instant now,
                                   std::size_t count);
/// "SpO2 82 %"
std::string value_in_words(fhir::Element observation);
/// "SpO2: grønn 90 % eller mer, gul 85 til 90 %, rød under 85 %" a line per planned measurement.
std::string limits_in_words(const interaction::View& view, storage::PatientKey patient);

}  // namespace varde::messaging
