#pragma once
/// @file fhir-model/fhirpath/units.h
/// Quantities among each other: brought to one unit, multiplied and divided.
/// Source: https://hl7.org/fhirpath/N1/#quantity, #time-valued-quantities
/// Pure.
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fhir-model/fhirpath/value.h"

namespace varde::fhirpath {

/// Two values in one unit.
struct SameUnit {
  Decimal left, right;
};

/// Whether a calendar year may stand for the mean year that UCUM calls 'a', and a month for 'mo'.
enum class MeanYears : std::uint8_t { no, yes };

/// nullopt when the units have no common measure.
std::optional<SameUnit> to_same_unit(const Quantity& left, const Quantity& right, MeanYears = MeanYears::no);
bool commensurable(const Quantity& left, const Quantity& right);

std::optional<Quantity> add(const Quantity& left, const Quantity& right);
std::optional<Quantity> multiply(const Quantity& left, const Quantity& right);
std::optional<Quantity> divide(const Quantity& left, const Quantity& right);

/// A length of time as calendar arithmetic needs it: months, or milliseconds per unit.
struct TimeUnit {
  std::string_view calendar, ucum;
  std::int64_t months, milliseconds;  ///< the other one is 0
};
/// Of a calendar word or a UCUM code; nullptr when the unit measures no time. Years and months only by their words.
const TimeUnit* find_time_unit(const Quantity& quantity);

}  // namespace varde::fhirpath
