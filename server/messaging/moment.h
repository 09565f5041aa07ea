#pragma once
/// @file server/messaging/moment.h
/// Points in time as messages and FHIR write them. A time without zone is Norwegian wall-clock time, as in every EPJ.
/// Source: https://hl7.org/fhir/R4/datatypes.html#dateTime, W3C XML Schema dateTime
/// Pure; any thread.
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/time/span.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// "2026-11-22" is a whole day, "2026-11-22T12:50" a whole minute: half-open [begin, end).
using time::Span;
/// nullopt for what is no date.
std::optional<Span> parse_moment(std::string_view text);
/// True when all of `a` lies before all of `b`; two that overlap are neither before nor after each other.
inline bool before(const Span& a, const Span& b) { return a.end <= b.begin; }

std::string utc_text(storage::Instant instant);   ///< "2026-11-22T12:50:00.123Z"
std::string oslo_text(storage::Instant instant);  ///< "2026-11-22T13:50:00+01:00"
/// As a FHIR dateTime, no more precise than it was: "2026-11-22" for a day.
std::string text_of(const Span& span);
std::string oslo_words(storage::Instant instant);  ///< "22.11.2026 13:50", for people
std::string oslo_words(const Span& span);          ///< "22.11.2026" for a day

}  // namespace varde::messaging
