#pragma once
/// @file fhir-model/time/span.h
/// A FHIR date, dateTime or instant, or an XML Schema date or dateTime, as the span of time that its precision names.
/// Source: https://hl7.org/fhir/R4/datatypes.html#dateTime, https://www.w3.org/TR/xmlschema-2/#dateTime
/// Units:  UTC microseconds, half-open [begin, end): "2026-10-25" is a whole day of the zone, 25 hours long that day;
///         finer fractions than microseconds are cut.
/// Pure; safe from any thread.
#include <optional>
#include <string_view>

#include "fhir-model/time/zone.h"

namespace varde::time {

struct Span {
  Instant begin{}, end{};
};
/// True when all of `a` lies before all of `b`; two that overlap are neither before nor after each other.
inline bool before(const Span& a, const Span& b) { return a.end <= b.begin; }

enum class Form : std::uint8_t {
  fhir,  ///< no 24:00 ("SHALL NOT be used"), no zone after a date
  xml,   ///< both
};

/// `zone`: of what says none. nullopt for what is no time.
std::optional<Span> read_span(std::string_view text, const Zone& zone, Form form = Form::fhir);

}  // namespace varde::time
