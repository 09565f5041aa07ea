#pragma once
/// @file norway/moment.h
/// Points in time as messages and FHIR write them. A time without zone is Norwegian wall-clock time, as in every EPJ.
/// Source: https://hl7.org/fhir/R4/datatypes.html#dateTime, W3C XML Schema dateTime
/// Pure; any thread.
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/time/span.h"

namespace varde::norway {

/// "2026-11-22" is a whole day, "2026-11-22T12:50" a whole minute: half-open [begin, end). nullopt for what is no date.
std::optional<time::Span> parse_moment(std::string_view text);

std::string oslo_text(time::Instant instant);  ///< "2026-11-22T13:50:00+01:00"
/// As a FHIR dateTime, no more precise than it was: "2026-11-22" for a day.
std::string text_of(const time::Span& span);
std::string oslo_words(time::Instant instant);   ///< "22.11.2026 kl. 13.50", for people
std::string oslo_words(const time::Span& span);  ///< "22.11.2026" for a day

}  // namespace varde::norway
