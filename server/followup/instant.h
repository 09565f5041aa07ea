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
#include "fhir-model/view/data_types.h"
#include "server/storage/storage.h"

namespace varde::followup {

using storage::Instant;

/// `zone`: of what says none.
Result<Instant> parse_instant(std::string_view text, const time::Zone& zone = time::Zone::norway());
/// For people, no more exact than the literal: "24.11. kl. 00.30", "24.11.2026", "november 2026", "2026"; empty: no
/// time.
std::string in_words(std::string_view date_time, const time::Zone& zone);
std::string format_date(Instant time, const time::Zone& zone = time::Zone::norway());  ///< "2026-11-22"

/// When an Observation's value was true: effective[x] (of a Period its end), else issued; nullopt when it does not say.
/// What says a day, a month or a year counts by the last moment of it, as a Period by its end: by R4 the words mean all
/// of that time, and whether they are after another is a question of their upper bound (`gt`).
/// Source: https://hl7.org/fhir/R4/search.html#date
std::optional<Instant> measured_at(fhir::Element observation, const time::Zone& zone = time::Zone::norway());
/// The literal that says so; empty: it does not.
std::string_view measured_text(fhir::Element observation);
/// It says when by a day, a month or a year: no clock is known of it.
bool is_without_clock(fhir::Element observation);
/// The first moment that its words may mean, of a Period those of its end: what lies behind it was certainly before.
std::optional<Instant> measured_from(fhir::Element observation, const time::Zone& zone);
/// The first moment after all that its words may mean: a year ends with its last day. nullopt: it does not say, or goes
/// on still.
std::optional<Instant> measured_before(fhir::Element observation, const time::Zone& zone);
/// When this version was received, by its own word (meta.lastUpdated).
Instant received_at(fhir::Element observation);
inline constexpr std::chrono::minutes kClocksDiffer{10};
/// Said to be measured after it was received, by more than clocks differ: the device's clock is wrong.
bool is_ahead_of_time(fhir::Element observation, const time::Zone& zone = time::Zone::norway());

/// Half-open.
struct Bounds {
  Instant from = Instant::min(), to = Instant::max();
  bool holds(Instant time) const { return time >= from && time < to; }
  bool overlaps(const Bounds& other) const { return from < other.to && other.from < to; }
};
/// Of a Period: a date is a whole day of the zone; what is left out or cannot be read is open.
Bounds bounds_of(fhir::view::Period period, const time::Zone& zone);
/// The first moment of the zone's day that holds `at`.
Instant day_of(Instant at, const time::Zone& zone);

}  // namespace varde::followup
