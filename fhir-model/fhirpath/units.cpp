#include "fhir-model/fhirpath/units.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "fhir-model/ucum/ucum.h"

namespace varde::fhirpath {
namespace {

constexpr std::array kTimeUnits{
    TimeUnit{"year", "a", 12, 0},      TimeUnit{"month", "mo", 1, 0},       TimeUnit{"week", "wk", 0, 604800000},
    TimeUnit{"day", "d", 0, 86400000}, TimeUnit{"hour", "h", 0, 3600000},   TimeUnit{"minute", "min", 0, 60000},
    TimeUnit{"second", "s", 0, 1000},  TimeUnit{"millisecond", "ms", 0, 1},
};

const TimeUnit* find_calendar(std::string_view word) {
  const auto* row = std::ranges::find(kTimeUnits, calendar_unit(word), &TimeUnit::calendar);
  return row == kTimeUnits.end() ? nullptr : row;
}

/// The code that UCUM knows the unit by.
std::string_view ucum_code(const Quantity& quantity) {
  const TimeUnit* time = quantity.calendar ? find_calendar(quantity.unit) : nullptr;
  return time ? time->ucum : std::string_view(quantity.unit);
}

bool same_unit(const Quantity& left, const Quantity& right) {
  if (left.calendar != right.calendar) return false;
  return left.calendar ? find_calendar(left.unit) == find_calendar(right.unit) : left.unit == right.unit;
}

std::optional<SameUnit> scaled(const Quantity& left, std::int64_t left_factor, const Quantity& right,
                               std::int64_t right_factor) {
  const auto a = multiply(left.value, Decimal(left_factor)), b = multiply(right.value, Decimal(right_factor));
  return a && b ? std::optional(SameUnit{*a, *b}) : std::nullopt;
}

std::optional<SameUnit> by_ucum(const Quantity& left, const Quantity& right) {
  const auto converted = fhir::convert(right.value.approximately(), ucum_code(right), ucum_code(left));
  if (!converted) return std::nullopt;
  const double wanted = left.value.approximately();
  constexpr double kNoise = 1e-12;  // of conversion by floating point
  if (std::abs(*converted - wanted) <= kNoise * std::abs(wanted)) return SameUnit{left.value, left.value};
  const auto value = Decimal::from_double(*converted);
  return value ? std::optional(SameUnit{left.value, *value}) : std::nullopt;
}

bool is_one(const Quantity& quantity) { return !quantity.calendar && quantity.unit == "1"; }

/// The powers of units that a code is a product of; false when it is not of that simple form.
/// "m2/s" is m to the second and s to the minus first; a digit inside brackets or behind * or ^ belongs to its unit.
using Powers = std::vector<std::pair<std::string, int>>;
bool add_powers(std::string_view code, int sign, Powers& powers) {
  if (code.find_first_of("(){}*^") != std::string_view::npos) return false;
  while (!code.empty()) {
    const bool over = code.starts_with('/');
    if (over || code.starts_with('.')) code.remove_prefix(1);
    const std::string_view term = code.substr(0, code.find_first_of("./"));
    code.remove_prefix(term.size());
    const std::size_t end = term.find_last_not_of("0123456789") + 1;
    if (end == 0) return false;
    const std::string_view power = term.substr(end);
    const std::string_view unit = term.substr(0, term[end - 1] == '-' ? end - 1 : end);
    if (unit.empty() || power.size() > 2) return false;
    int exponent = power.empty() ? 1 : std::stoi(std::string(power));
    if (unit.size() < end) exponent = -exponent;
    auto known = std::ranges::find(powers, unit, &Powers::value_type::first);
    if (known == powers.end()) known = powers.insert(powers.end(), {std::string(unit), 0});
    known->second += over ? -sign * exponent : sign * exponent;
  }
  return true;
}

/// "m2.s-1", "1" when nothing is left.
std::string written(const Powers& powers) {
  std::string out;
  for (const auto& [unit, exponent] : powers) {
    if (exponent == 0) continue;
    out.append(out.empty() ? "" : ".").append(unit);
    if (exponent != 1) out += std::to_string(exponent);
  }
  return out.empty() ? "1" : out;
}

/// A unit that another may be multiplied or divided by: in parentheses when it is a product itself.
std::string factor(const Quantity& quantity) {
  const std::string code(ucum_code(quantity));
  return code.find_first_of("./") == std::string::npos ? code : "(" + code + ")";
}

/// m.m is m2, and m2/m is m; nullopt when the units have nothing in common.
std::optional<std::string> simplified(const Quantity& left, const Quantity& right, int sign) {
  Powers powers, others;
  if (!add_powers(ucum_code(left), 1, powers) || !add_powers(ucum_code(right), sign, others)) return std::nullopt;
  bool in_common = false;
  for (const auto& [unit, exponent] : others) {
    const auto known = std::ranges::find(powers, unit, &Powers::value_type::first);
    in_common |= known != powers.end();
    if (known != powers.end())
      known->second += exponent;
    else
      powers.emplace_back(unit, exponent);
  }
  return in_common ? std::optional(written(powers)) : std::nullopt;
}

}  // namespace

const TimeUnit* find_time_unit(const Quantity& quantity) {
  if (const TimeUnit* word = find_calendar(quantity.unit)) return word;
  if (quantity.calendar) return nullptr;
  const auto* row = std::ranges::find(kTimeUnits, std::string_view(quantity.unit), &TimeUnit::ucum);
  return row == kTimeUnits.end() || row->months > 0 ? nullptr : row;
}

std::optional<SameUnit> to_same_unit(const Quantity& left, const Quantity& right, MeanYears mean_years) {
  if (same_unit(left, right)) return SameUnit{left.value, right.value};
  const TimeUnit *a = find_time_unit(left), *b = find_time_unit(right);
  if (a && b && a->months > 0 && b->months > 0) return scaled(left, a->months, right, b->months);
  if (a && b && a->milliseconds > 0 && b->milliseconds > 0)
    return scaled(left, a->milliseconds, right, b->milliseconds);
  const bool calendar = (a && a->months > 0) || (b && b->months > 0);
  if (calendar && mean_years == MeanYears::no) return std::nullopt;
  return by_ucum(left, right);
}

bool commensurable(const Quantity& left, const Quantity& right) {
  const Quantity one{Decimal(1), left.unit, left.calendar}, other{Decimal(1), right.unit, right.calendar};
  return to_same_unit(one, other, MeanYears::yes).has_value();
}

std::optional<Quantity> add(const Quantity& left, const Quantity& right) {
  const auto same = to_same_unit(left, right);
  // to_same_unit scales units of time to a third unit; a sum is wanted in one of the two.
  if (!same) return std::nullopt;
  if (same_unit(left, right) || same->left == left.value) {
    const auto sum = add(same->left, same->right);
    return sum ? std::optional(Quantity{*sum, left.unit, left.calendar}) : std::nullopt;
  }
  const auto sum = add(same->left, same->right);
  const TimeUnit* unit = find_time_unit(left);
  const auto back = sum ? divide(*sum, Decimal(unit->months > 0 ? unit->months : unit->milliseconds)) : std::nullopt;
  return back ? std::optional(Quantity{*back, left.unit, left.calendar}) : std::nullopt;
}

std::optional<Quantity> multiply(const Quantity& left, const Quantity& right) {
  const auto value = multiply(left.value, right.value);
  if (!value) return std::nullopt;
  if (is_one(right)) return Quantity{*value, left.unit, left.calendar};
  if (is_one(left)) return Quantity{*value, right.unit, right.calendar};
  return Quantity{*value, simplified(left, right, 1).value_or(factor(left) + "." + factor(right))};
}

std::optional<Quantity> divide(const Quantity& left, const Quantity& right) {
  const auto value = divide(left.value, right.value);
  if (!value) return std::nullopt;
  if (is_one(right)) return Quantity{*value, left.unit, left.calendar};
  if (same_unit(left, right)) return Quantity{*value, "1"};
  const std::string quotient = (is_one(left) ? std::string() : factor(left)) + "/" + factor(right);
  return Quantity{*value, simplified(left, right, -1).value_or(quotient)};
}

}  // namespace varde::fhirpath
