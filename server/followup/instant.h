#pragma once
/// @file server/followup/instant.h
/// FHIR date, dateTime and instant <-> a point in time.
/// Source: https://hl7.org/fhir/R4/datatypes.html#dateTime
/// Units:  UTC microseconds; a partial date means its first moment, in UTC; finer fractions are cut.
/// Faults: value_malformed. Pure; safe from any thread.
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "server/storage/storage.h"

namespace varde::followup {

using storage::Instant;

Result<Instant> parse_instant(std::string_view text);
std::string format_date(Instant time);  ///< "2026-11-22"

/// What Norwegian clocks are ahead of UTC: an hour, two in summer (last Sunday of March to last Sunday of October,
/// 01:00 UTC). Source: directive 2000/84/EC, in force in Norway since 2002; measurements are not older than that.
std::chrono::hours norwegian_offset(Instant time);

/// When an Observation's value was true: effective[x] (of a Period its end), else issued; nullopt when it does not say.
std::optional<Instant> measured_at(fhir::Element observation);

}  // namespace varde::followup
