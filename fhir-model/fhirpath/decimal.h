#pragma once
/// @file fhir-model/fhirpath/decimal.h
/// Exact decimal numbers of up to 38 significant digits. The number of decimals is kept: 1.00 prints as 1.00.
/// Source: https://hl7.org/fhirpath/N1/#decimal, https://hl7.org/fhir/R4/datatypes.html#decimal
/// What does not fit is nullopt (FHIRPath: an overflow is empty). Pure; safe from any thread.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varde::fhirpath {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

enum class Rounding : std::uint8_t {
  half_up,  ///< to the nearest; halves away from zero
  floor,
  ceiling,
  truncate,
};

class Decimal {
 public:
  static constexpr int kMostDigits = 38;    ///< significant
  static constexpr int kMostDecimals = 28;  ///< of a quotient, and that a caller may ask for

  constexpr Decimal() = default;
  constexpr Decimal(std::int64_t whole) : digits_(whole) {}  // NOLINT: every integer is a decimal
  /// "-1.50", "2e-3". Decimals beyond 37 are rounded.
  static std::optional<Decimal> parse(std::string_view text);
  /// The nearest decimal of 15 significant digits.
  static std::optional<Decimal> from_double(double value);

  int decimals() const { return scale_; }
  int significant_digits() const;
  bool is_zero() const { return digits_ == 0; }
  bool is_negative() const { return digits_ < 0; }
  std::string text() const;
  double approximately() const;
  /// The whole number, when it is one and fits.
  std::optional<std::int64_t> whole() const;

  Decimal operator-() const { return Decimal(-digits_, scale_); }
  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const { return (*this <=> other) == 0; }

  /// To at most `decimals`.
  Decimal rounded(int decimals, Rounding how = Rounding::half_up) const;
  /// To exactly `decimals`, with zeros where there were fewer.
  std::optional<Decimal> with_decimals(int decimals, Rounding how = Rounding::half_up) const;
  /// Without zeros at the end of the decimals.
  Decimal trimmed() const;

  friend std::optional<Decimal> add(const Decimal& a, const Decimal& b);
  friend std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);
  friend std::optional<Decimal> divide(const Decimal& a, const Decimal& b);  ///< nullopt also for b = 0

 private:
  constexpr Decimal(Int128 digits, int scale) : digits_(digits), scale_(scale) {}

  Int128 digits_ = 0;  ///< the number times 10^scale_
  int scale_ = 0;
};

std::optional<Decimal> add(const Decimal& a, const Decimal& b);
std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);
std::optional<Decimal> divide(const Decimal& a, const Decimal& b);

}  // namespace varde::fhirpath
