#pragma once
/// @file server/followup/instant.h
/// FHIR date, dateTime and instant <-> a point in time.
/// Source: https://hl7.org/fhir/R4/datatypes.html#dateTime
/// Units:  UTC microseconds; a partial date means its first moment in the zone; finer fractions are cut.
/// Faults: value_malformed. Pure; safe from any thread.
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "server/storage/storage.h"

namespace varde::followup {

using storage::Instant;

/// `zone`: of what says none.
Result<Instant> parse_instant(std::string_view text, const time::Zone& zone = time::Zone::norway());
std::string format_date(Instant time, const time::Zone& zone = time::Zone::norway());  ///< "2026-11-22"

/// When an Observation's value was true: effective[x] (of a Period its end), else issued; nullopt when it does not say.
std::optional<Instant> measured_at(fhir::Element observation, const time::Zone& zone = time::Zone::norway());

}  // namespace varde::followup
