#include "fhir-model/fhirpath/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace varde::fhirpath {
namespace {

constexpr int kMostScale = Decimal::kMostDigits - 1;

constexpr auto kPowers = [] {
  std::array<UInt128, Decimal::kMostDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

constexpr UInt128 power_of_ten(int exponent) { return kPowers[static_cast<std::size_t>(exponent)]; }
/// The smallest magnitude that has too many digits.
constexpr UInt128 kTooLarge = power_of_ten(Decimal::kMostDigits);

constexpr UInt128 magnitude(Int128 value) {
  return value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

int digit_count(UInt128 value) { return static_cast<int>(std::ranges::upper_bound(kPowers, value) - kPowers.begin()); }

/// 256 bits: what the product of two decimals needs before it is rounded.
struct Wide {
  UInt128 high = 0, low = 0;
  auto operator<=>(const Wide&) const = default;
};

Wide wide_product(UInt128 a, UInt128 b) {
  const auto low64 = [](UInt128 v) { return v & ~std::uint64_t{0}; };
  const UInt128 a0 = low64(a), a1 = a >> 64, b0 = low64(b), b1 = b >> 64;
  const UInt128 p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0, p11 = a1 * b1;
  const UInt128 middle = (p00 >> 64) + low64(p01) + low64(p10);
  return {p11 + (p01 >> 64) + (p10 >> 64) + (middle >> 64), (middle << 64) | low64(p00)};
}

struct Division {
  Wide quotient;
  UInt128 remainder;
};

Division wide_divide(Wide dividend, UInt128 divisor) {
  if (dividend.high == 0) return {{0, dividend.low / divisor}, dividend.low % divisor};
  Division out{};
  for (int bit = 255; bit >= 0; --bit) {
    const bool carry = (out.remainder >> 127) != 0;
    const UInt128 next = bit >= 128 ? dividend.high >> (bit - 128) : dividend.low >> bit;
    out.remainder = (out.remainder << 1) | (next & 1);
    if (!carry && out.remainder < divisor) continue;
    out.remainder -= divisor;
    (bit >= 128 ? out.quotient.high : out.quotient.low) |= UInt128{1} << (bit % 128);
  }
  return out;
}

bool rounds_away(UInt128 remainder, UInt128 divisor, bool negative, Rounding how) {
  switch (how) {
    case Rounding::half_up: return remainder >= divisor - remainder;
    case Rounding::floor: return negative && remainder != 0;
    case Rounding::ceiling: return !negative && remainder != 0;
    case Rounding::truncate: return false;
  }
  return false;
}

std::optional<Int128> with_sign(Wide value, bool negative) {
  if (value.high != 0 || value.low >= kTooLarge) return std::nullopt;
  const auto digits = static_cast<Int128>(value.low);
  return negative ? -digits : digits;
}

/// digits * 10^-scale, both too large for a Decimal as they are, rounded until they fit.
struct Fitted {
  Int128 digits;
  int scale;
};
std::optional<Fitted> fit(Wide value, int scale, bool negative, int most_scale) {
  int drop = std::max(0, scale - most_scale);
  for (; drop <= scale; ++drop) {
    Wide rounded = value;
    if (drop > 0) {
      UInt128 remainder = 0, divisor = 1;
      for (int left = drop; left > 0; left -= Decimal::kMostDigits) {  // 10^drop may need more than 128 bits
        divisor = power_of_ten(std::min(left, Decimal::kMostDigits));
        const Division division = wide_divide(rounded, divisor);
        rounded = division.quotient, remainder = division.remainder;
      }
      if (rounds_away(remainder, divisor, negative, Rounding::half_up) && ++rounded.low == 0) ++rounded.high;
    }
    if (const auto digits = with_sign(rounded, negative)) return Fitted{*digits, scale - drop};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (error != std::errc{} || end != power.data() + power.size() || std::abs(exponent) > 10'000) return std::nullopt;
    text = text.substr(0, e);
  }
  UInt128 digits = 0;
  int scale = 0, seen = 0;
  bool point = false, full = false, round_up = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    ++seen;
    if (full || (point && scale == kMostScale) || digits >= kTooLarge / 10) {
      if (!point) return std::nullopt;
      if (!full) round_up = c >= '5';
      full = true;
      continue;
    }
    digits = digits * 10 + static_cast<UInt128>(c - '0');
    scale += point;
  }
  if (seen == 0 || text.starts_with('.') || text.ends_with('.')) return std::nullopt;
  digits += round_up;
  scale -= exponent;
  for (; scale < 0; ++scale) {
    if (digits >= kTooLarge / 10) return std::nullopt;
    digits *= 10;
    if (digits == 0) scale = -1;
  }
  const auto fitted = fit({0, digits}, scale, negative, kMostScale);
  return fitted ? std::optional(Decimal(fitted->digits, fitted->scale)) : std::nullopt;
}

std::optional<Decimal> Decimal::from_double(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 64> buffer;
  std::snprintf(buffer.data(), buffer.size(), "%.14e", value);
  const auto parsed = parse(buffer.data());
  return parsed ? std::optional(parsed->trimmed()) : std::nullopt;
}

int Decimal::significant_digits() const { return std::max(1, digit_count(magnitude(digits_))); }

std::string Decimal::text() const {
  std::string out;
  for (UInt128 rest = magnitude(digits_); rest != 0 || static_cast<int>(out.size()) <= scale_; rest /= 10)
    out += static_cast<char>('0' + static_cast<int>(rest % 10));
  if (scale_ > 0) out.insert(static_cast<std::size_t>(scale_), 1, '.');
  if (digits_ < 0) out += '-';
  std::ranges::reverse(out);
  return out;
}

double Decimal::approximately() const {
  return static_cast<double>(static_cast<long double>(digits_) / static_cast<long double>(power_of_ten(scale_)));
}

std::optional<std::int64_t> Decimal::whole() const {
  const auto divisor = static_cast<Int128>(power_of_ten(scale_));
  if (digits_ % divisor != 0) return std::nullopt;
  const Int128 value = digits_ / divisor;
  if (value > INT64_MAX || value < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  if (scale_ == other.scale_) return digits_ <=> other.digits_;
  if (is_negative() != other.is_negative()) return other.is_negative() <=> is_negative();
  const int scale = std::max(scale_, other.scale_);
  const Wide a = wide_product(magnitude(digits_), power_of_ten(scale - scale_));
  const Wide b = wide_product(magnitude(other.digits_), power_of_ten(scale - other.scale_));
  return is_negative() ? b <=> a : a <=> b;
}

Decimal Decimal::rounded(int decimals, Rounding how) const {
  if (decimals >= scale_) return *this;
  const UInt128 divisor = power_of_ten(scale_ - std::max(0, decimals));
  UInt128 kept = magnitude(digits_) / divisor;
  if (rounds_away(magnitude(digits_) % divisor, divisor, is_negative(), how)) ++kept;
  const auto digits = static_cast<Int128>(kept);
  return Decimal(is_negative() ? -digits : digits, std::max(0, decimals));
}

std::optional<Decimal> Decimal::with_decimals(int decimals, Rounding how) const {
  if (decimals < 0 || decimals > kMostScale) return std::nullopt;
  if (decimals <= scale_) return rounded(decimals, how);
  const auto digits = with_sign(wide_product(magnitude(digits_), power_of_ten(decimals - scale_)), is_negative());
  return digits ? std::optional(Decimal(*digits, decimals)) : std::nullopt;
}

Decimal Decimal::trimmed() const {
  Decimal out = *this;
  while (out.scale_ > 0 && out.digits_ % 10 == 0) out.digits_ /= 10, --out.scale_;
  return out;
}

std::optional<Decimal> add(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale_, b.scale_);
  const auto left = a.with_decimals(scale), right = b.with_decimals(scale);
  if (!left || !right) {  // one is too large for the other's decimals: these cannot matter
    const int fewer = std::min(a.scale_, b.scale_);
    return a.scale_ == b.scale_ ? std::nullopt : add(a.rounded(fewer), b.rounded(fewer));
  }
  const Int128 sum = left->digits_ + right->digits_;  // two of 38 digits fit in 128 bits
  if (magnitude(sum) >= kTooLarge) return std::nullopt;
  return Decimal(sum, scale);
}

std::optional<Decimal> multiply(const Decimal& a, const Decimal& b) {
  const auto fitted = fit(wide_product(magnitude(a.digits_), magnitude(b.digits_)), a.scale_ + b.scale_,
                          a.is_negative() != b.is_negative(), kMostScale);
  return fitted ? std::optional(Decimal(fitted->digits, fitted->scale)) : std::nullopt;
}

std::optional<Decimal> divide(const Decimal& a, const Decimal& b) {
  if (b.is_zero()) return std::nullopt;
  const bool negative = a.is_negative() != b.is_negative();
  for (int scale = Decimal::kMostDecimals; scale >= 0; --scale) {
    const int shift = scale + b.scale_ - a.scale_;  // of the dividend, so that the quotient has `scale` decimals
    if (shift > Decimal::kMostDigits) continue;
    UInt128 divisor = magnitude(b.digits_);
    Wide dividend{0, magnitude(a.digits_)};
    if (shift >= 0) {
      dividend = wide_product(dividend.low, power_of_ten(shift));
    } else {
      const Wide larger = wide_product(divisor, power_of_ten(-shift));
      if (larger.high != 0) return Decimal();  // smaller than the last decimal we keep
      divisor = larger.low;
    }
    Division division = wide_divide(dividend, divisor);
    if (rounds_away(division.remainder, divisor, negative, Rounding::half_up) && ++division.quotient.low == 0)
      ++division.quotient.high;
    if (const auto digits = with_sign(division.quotient, negative)) return Decimal(*digits, scale).trimmed();
  }
  return std::nullopt;
}

}  // namespace varde::fhirpath
