#pragma once
/// @file server/search/sortable.h
/// Exact decimals as text that sorts as their numbers do, so that an index of texts is one of numbers and no digit is
/// lost: a sign, the exponent, the digits, and whether the number itself is meant or what lies just beside it. "Just
/// below 100.5" is a place of its own: [99.5, 100.5) is a range with both ends within.
/// Digits beyond the 36th are left away and remembered as "just above": the order against every literal that a search
/// may have (30 digits) stays right. Likewise numbers too large or too small for an exponent of 49,999.
/// Pure; safe from any thread.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/fhirpath/decimal.h"

namespace varde::search {

enum class Side : std::uint8_t { below, exact, above };

/// digits times ten to the exponent
struct Exact {
  fhirpath::Int128 digits = 0;
  std::int64_t exponent = 0;
};

inline constexpr int kMostLiteralDigits = 30;
inline constexpr std::int64_t kMostExponent = 49'999;

/// Below and above every number.
inline constexpr std::string_view kLowest = "@", kHighest = "D";

std::string sortable(Exact number, Side side = Side::exact);
/// Of a decimal as FHIR writes it, of any length; empty when it is none. `side`: the number itself, or a bound beside.
std::string sortable(std::string_view decimal, Side side = Side::exact);
/// Of a computed number, by 14 significant digits.
std::string sortable(double number, Side side = Side::exact);
/// The same number, seen from another side.
std::string on_side(std::string text, Side side);

/// A number as a search says it, and the range that its precision implies.
struct NumberLiteral {
  Exact value;
  Exact low, high;  ///< [low, high)
};
/// nullopt: not a number, or one of too many digits or too large an exponent.
std::optional<NumberLiteral> read_literal(std::string_view text);
double approximately(Exact number);

}  // namespace varde::search
