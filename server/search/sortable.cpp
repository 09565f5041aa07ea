#include "server/search/sortable.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace varde::search {
namespace {

using fhirpath::Int128;

constexpr std::size_t kMostDigits = 36;  // of a stored number; fits an Int128 with room for the arithmetic of bounds
constexpr std::size_t kExponentWidth = 5;
constexpr std::int64_t kExponentBias = kMostExponent + 1;

constexpr char kNegative = 'A', kZero = 'B', kPositive = 'C';
// What follows the digits: before every digit where more digits mean more, behind them where they mean less.
constexpr std::array<char, 3> kSides{'!', '"', '#'}, kSidesOfNegative{':', ';', '<'};

char mark(bool negative, Side side) { return (negative ? kSidesOfNegative : kSides)[static_cast<std::size_t>(side)]; }

/// The digits of a decimal as it is written.
struct Written {
  bool negative = false, exponential = false;
  std::string digits;         ///< without zeros in front; empty: zero
  std::int64_t exponent = 0;  ///< of the last digit
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Written> read(std::string_view text) {
  Written out;
  std::size_t at = 0;
  const auto take = [&](char c) { return at < text.size() && text[at] == c ? (++at, true) : false; };
  const auto take_digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return text.substr(first, at - first);
  };
  out.negative = take('-');
  const auto whole = take_digits();
  if (whole.empty()) return {};
  out.digits = whole;
  if (take('.')) {
    const auto decimals = take_digits();
    if (decimals.empty()) return {};
    out.digits += decimals;
    out.exponent = -static_cast<std::int64_t>(decimals.size());
  }
  if (take('e') || take('E')) {
    out.exponential = true;
    const bool down = take('-');
    if (!down) take('+');
    const auto exponent = take_digits();
    if (exponent.empty()) return {};
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
    if (error != std::errc{} || value > 1'000'000'000) value = 1'000'000'000;  // beyond all that is told apart
    out.exponent += down ? -value : value;
  }
  if (at != text.size()) return {};
  out.digits.erase(0, std::min(out.digits.find_first_not_of('0'), out.digits.size()));
  return out;
}

/// `exponent`: of the last digit. `digits` has no zeros in front.
std::string sortable(bool negative, std::string digits, std::int64_t exponent, Side side) {
  std::int64_t first = exponent + static_cast<std::int64_t>(digits.size()) - 1;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.size() > kMostDigits) {  // more than that in size: just above or below what is kept
    digits.resize(kMostDigits);
    side = negative ? Side::below : Side::above;
  }
  if (digits.empty()) return {kZero, mark(false, side)};
  if (first > kMostExponent) return std::string(negative ? kLowest : kHighest);
  if (first < -kMostExponent) return {kZero, mark(false, negative ? Side::below : Side::above)};
  first += kExponentBias;
  if (negative) first = 2 * kExponentBias - first;
  std::string out(1, negative ? kNegative : kPositive);
  const std::string number = std::to_string(first);
  out.append(kExponentWidth - number.size(), '0');
  out += number;
  for (const char digit : digits) out += negative ? static_cast<char>('9' - (digit - '0')) : digit;
  out += mark(negative, side);
  return out;
}

std::string text_of(Int128 number) {
  std::string out;
  for (; number > 0; number /= 10) out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
  return out;
}

Int128 number_of(std::string_view digits) {
  Int128 out = 0;
  for (const char digit : digits) out = out * 10 + (digit - '0');
  return out;
}

}  // namespace

std::string sortable(Exact number, Side side) {
  const bool negative = number.digits < 0;
  return sortable(negative, text_of(negative ? -number.digits : number.digits), number.exponent, side);
}

std::string sortable(std::string_view decimal, Side side) {
  auto written = read(decimal);
  if (!written) return {};
  return sortable(written->negative, std::move(written->digits), written->exponent, side);
}

std::string sortable(double number, Side side) {
  if (std::isinf(number)) return std::string(number < 0 ? kLowest : kHighest);
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.13e", number);
  return sortable(std::string_view(text.data(), static_cast<std::size_t>(size)), side);
}

std::string on_side(std::string text, Side side) {
  if (text.size() > 1) text.back() = mark(text.front() == kNegative, side);
  return text;
}

std::optional<NumberLiteral> read_literal(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, ' ', '+');  // what a form makes of a plus sign
  const auto written = read(plain);
  if (!written || written->digits.size() > kMostLiteralDigits || std::abs(written->exponent) > kMostExponent / 2)
    return {};
  NumberLiteral out;
  out.value = {number_of(written->digits), written->exponent};
  if (written->negative) out.value.digits = -out.value.digits;
  // Half a unit of the last digit to either side. R4: 1e2 is [95, 105), as 1.0e2 is.
  const bool one_digit = written->exponential && written->digits.size() == 1;
  Exact finer{out.value.digits * (one_digit ? 100 : 10), out.value.exponent - (one_digit ? 2 : 1)};
  out.low = {finer.digits - 5, finer.exponent}, out.high = {finer.digits + 5, finer.exponent};
  return out;
}

double approximately(Exact number) {
  const bool negative = number.digits < 0;
  const std::string text = (negative ? "-0" : "0") + text_of(negative ? -number.digits : number.digits) + "e" +
                           std::to_string(number.exponent);
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace varde::search
