#include <fmt/format.h>

#include <array>
#include <cmath>

#include "fhir-model/fhirpath/operators.h"
#include "fhir-model/fhirpath/units.h"

namespace varde::fhirpath {
namespace {

/// Overflow is empty: https://hl7.org/fhirpath/N1/#math-2
template <class T>
Collection collection(std::optional<T> value) {
  return value ? Collection{Item(std::move(*value))} : Collection{};
}

Collection integer(std::int64_t value) {
  if (value > INT32_MAX || value < INT32_MIN) return {};
  return {static_cast<std::int32_t>(value)};
}

Collection of_integers(Operator oper, std::int64_t a, std::int64_t b) {
  switch (oper) {
    case Operator::add: return integer(a + b);
    case Operator::subtract: return integer(a - b);
    case Operator::multiply: return integer(a * b);
    case Operator::div: return b == 0 ? Collection{} : integer(a / b);
    case Operator::mod: return b == 0 ? Collection{} : integer(a % b);
    default: return collection(divide(Decimal(a), Decimal(b)));
  }
}

Collection of_decimals(Operator oper, const Decimal& a, const Decimal& b) {
  switch (oper) {
    case Operator::add: return collection(add(a, b));
    case Operator::subtract: return collection(add(a, -b));
    case Operator::multiply: return collection(multiply(a, b));
    case Operator::divide: return collection(divide(a, b));
    default: break;
  }
  const auto quotient = divide(a, b);
  if (!quotient) return {};
  const Decimal whole = quotient->rounded(0, Rounding::truncate);
  if (oper == Operator::div) {
    const auto value = whole.whole();
    return value ? integer(*value) : Collection{};
  }
  const auto product = multiply(whole, b);
  return product ? collection(add(a, -*product)) : Collection{};
}

std::optional<Collection> of_quantities(Operator oper, const Quantity& a, const Quantity& b) {
  switch (oper) {
    case Operator::add: return collection(add(a, b));
    case Operator::subtract: return collection(add(a, Quantity{-b.value, b.unit, b.calendar}));
    case Operator::multiply: return collection(multiply(a, b));
    case Operator::divide: return collection(divide(a, b));
    default: return std::nullopt;
  }
}

constexpr std::int64_t kDay = 86'400'000;

/// What one step of a precision lasts; of the calendar's, as partial dates count them.
struct PrecisionRow {
  Precision precision;
  std::int64_t milliseconds;
};
constexpr std::array kSteps{
    PrecisionRow{Precision::year, 365 * kDay}, PrecisionRow{Precision::month, 30 * kDay},
    PrecisionRow{Precision::day, kDay},        PrecisionRow{Precision::hour, 3'600'000},
    PrecisionRow{Precision::minute, 60'000},   PrecisionRow{Precision::second, 1'000},
    PrecisionRow{Precision::fraction, 1},
};

/// https://hl7.org/fhirpath/N1/#datetime-arithmetic: decimals count only for seconds and below; what is left below the
/// precision of the date is dropped.
std::optional<Temporal> moved(const Temporal& from, const TimeUnit& unit, const Decimal& amount) {
  const bool below_minutes = unit.milliseconds > 0 && unit.milliseconds <= 1'000;
  const auto scaled = multiply(below_minutes ? amount : amount.rounded(0, Rounding::truncate),
                               Decimal(unit.months > 0 ? unit.months : unit.milliseconds));
  const auto count = scaled ? scaled->rounded(0, Rounding::truncate).whole() : std::nullopt;
  if (!count) return std::nullopt;
  if (unit.months > 0) return from.plus_months(from.precision() == Precision::year ? *count / 12 * 12 : *count);
  const std::int64_t step = kSteps[static_cast<std::size_t>(from.precision())].milliseconds;
  const std::int64_t steps = *count / step;
  if (from.precision() == Precision::year) return from.plus_months(steps * 12);
  if (from.precision() == Precision::month) return from.plus_months(steps);
  return from.plus_milliseconds(steps * step);
}

Collection of_time(Run& run, const Node& node, Operator oper, const Temporal& from, const Quantity& by) {
  const TimeUnit* unit = find_time_unit(by);
  if (!unit) {
    run.fail(node,
             "a date or time moves by a Quantity of years, months, weeks, days, hours, minutes, seconds or "
             "milliseconds, with calendar words for years and months");
    return {};
  }
  constexpr std::int64_t kHour = 3'600'000;
  if (from.kind() == Temporal::Kind::time && (unit->milliseconds == 0 || unit->milliseconds > kHour)) {
    run.fail(node, "a Time moves by hours, minutes, seconds or milliseconds");
    return {};
  }
  return collection(moved(from, *unit, oper == Operator::add ? by.value : -by.value));
}

}  // namespace

Collection arithmetic(Run& run, const Node& node, Operator oper, const Item& a, const Item& b) {
  if (const auto x = a.integer(), y = b.integer(); x && y) return of_integers(oper, *x, *y);
  if (const auto x = a.decimal(), y = b.decimal(); x && y) return of_decimals(oper, *x, *y);
  if (const auto x = a.string(), y = b.string(); x && y && oper == Operator::add) return {std::string(*x).append(*y)};
  const bool moves = oper == Operator::add || oper == Operator::subtract;
  if (const auto x = a.temporal(); x && moves)
    if (const auto y = b.quantity()) return of_time(run, node, oper, *x, *y);
  const auto quantity = [&](const Item& item, const Item& other) -> std::optional<Quantity> {
    const auto number = item.decimal();  // a number scales a Quantity; it is not added to one
    if (number && other.quantity()) return Quantity{*number, "1"};
    return item.quantity();
  };
  if (const auto x = quantity(a, b), y = quantity(b, a); x && y)
    if (auto result = of_quantities(oper, *x, *y)) return *result;
  const auto is_absent = [](const Item& item) { return item.element() && !item.system(); };
  const bool primitive = a.system_type() != SystemType::none && b.system_type() != SystemType::none;
  if (primitive && (is_absent(a) || is_absent(b))) return {};
  run.fail(node, "this operator has no meaning for values of these types");
  return {};
}

}  // namespace varde::fhirpath
