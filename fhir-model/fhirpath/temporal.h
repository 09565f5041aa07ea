#pragma once
/// @file fhir-model/fhirpath/temporal.h
/// Date, DateTime and Time of FHIRPath: as precise as they were written, and no more.
/// Source: https://hl7.org/fhirpath/N1/#date, #datetime, #time, #datetime-arithmetic
/// Pure; safe from any thread.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/fhirpath/decimal.h"

namespace varde::fhirpath {

/// Seconds and their fraction are one precision when values are compared.
enum class Precision : std::uint8_t { year, month, day, hour, minute, second, fraction };

enum class Edge : std::uint8_t { low, high };

class Temporal {
 public:
  enum class Kind : std::uint8_t { date, date_time, time };

  /// "2015-02", "2015-02-04T14:34:28.123+01:00" (a date alone is a partial DateTime), "14:34".
  /// nullopt when it is no such value: month 13, 30 February, 25 o'clock.
  static std::optional<Temporal> parse(Kind kind, std::string_view text);
  /// The instant `milliseconds` after 1970-01-01T00:00:00Z, as a clock at that offset shows it.
  static Temporal of_instant(std::int64_t milliseconds, int offset_minutes);

  Kind kind() const { return kind_; }
  Precision precision() const { return precision_; }
  bool has_offset() const { return has_offset_; }
  int offset_minutes() const { return offset_; }
  /// The number of that part, milliseconds for the fraction; nullopt where it is not that precise.
  std::optional<int> part(Precision which) const;
  std::string text() const;  ///< as FHIR writes it, without @ or T before a time
  int digits() const;        ///< how many digits it is written with, as precision() counts them

  Temporal as(Kind kind) const;  ///< the date of a DateTime; a Date as a partial DateTime
  Temporal time_of_day() const;
  /// The first or last moment it may mean, with `digits` digits; nullopt when there is no such precision.
  std::optional<Temporal> boundary(Edge edge, int digits) const;

  /// Moved by whole units, on the calendar. nullopt out of the years 1 to 9999.
  std::optional<Temporal> plus_months(std::int64_t months) const;
  std::optional<Temporal> plus_milliseconds(std::int64_t milliseconds) const;

  /// unordered when one is less precise than the other, or its offset unknown, where that decides.
  friend std::partial_ordering compare(const Temporal& a, const Temporal& b);
  friend bool equivalent(const Temporal& a, const Temporal& b);

 private:
  bool read(std::string_view text);
  bool is_valid() const;
  std::int64_t nanoseconds() const;  ///< since 1970, on the clock it shows; of a Time
  void set_nanoseconds(std::int64_t nanoseconds);
  Temporal in_utc() const;

  Kind kind_ = Kind::date;
  Precision precision_ = Precision::year;
  bool has_offset_ = false;
  std::uint8_t fraction_digits_ = 0;
  std::int16_t year_ = 1970, offset_ = 0;  ///< offset in minutes east of UTC
  std::uint8_t month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0;
  std::uint32_t nanosecond_ = 0;
};

std::partial_ordering compare(const Temporal& a, const Temporal& b);
bool equivalent(const Temporal& a, const Temporal& b);

}  // namespace varde::fhirpath
