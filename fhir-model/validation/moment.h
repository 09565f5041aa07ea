#pragma once
/// @file fhir-model/validation/moment.h
/// A FHIR date, dateTime or instant as the span of time it may mean: 2024-05 is all of May.
/// Source: https://hl7.org/fhir/R4/datatypes.html#dateTime, https://hl7.org/fhir/R4/search.html#date
/// Units: UTC microseconds since 1970, half-open [begin, end). Finer fractions than a microsecond are cut.
/// Pure; safe from any thread.
#include <cstdint>
#include <optional>
#include <string_view>

namespace varde::fhir {

enum class Precision : std::uint8_t { year, month, day, minute, second, fraction };

struct Moment {
  std::int64_t begin, end;
  Precision precision;
  bool zoned;  ///< an offset or Z was given; without, the text is read as UTC
};

/// Nothing when the text is no date of the calendar: month 13, 30 February, an offset beyond 14:00.
std::optional<Moment> parse_moment(std::string_view text);
/// hh:mm:ss with any fraction; 24:00 is not allowed, a leap second 60 is.
bool is_time_of_day(std::string_view text);

}  // namespace varde::fhir
