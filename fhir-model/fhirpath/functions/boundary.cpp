/// lowBoundary, highBoundary, precision, comparable: https://hl7.org/fhirpath/#utility-functions
#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/units.h"

namespace varde::fhirpath::functions {
namespace {

constexpr std::int32_t kDefaultDecimals = 8;

/// Digits that a value of full precision has.
std::int32_t default_digits(const Temporal& value) {
  switch (value.kind()) {
    case Temporal::Kind::date: return 8;
    case Temporal::Kind::time: return 9;
    default: return 17;
  }
}

/// The least or largest number that rounds to what is written, cut outwards to `decimals`.
std::optional<Decimal> boundary(const Decimal& value, Edge edge, std::int32_t decimals) {
  if (decimals < 0 || decimals > Decimal::kMostDecimals) return std::nullopt;
  const auto half = divide(Decimal(1), Decimal(2));
  auto step = half;
  for (int i = 0; i < value.decimals() && step; ++i) step = multiply(*step, *Decimal::parse("0.1"));
  if (!step) return std::nullopt;
  const bool low = edge == Edge::low;
  const auto moved = add(value, low ? -*step : *step);
  return moved ? moved->with_decimals(decimals, low ? Rounding::floor : Rounding::ceiling) : std::nullopt;
}

Collection bound(Call& call, Edge edge) {
  const Item* item = call.only();
  std::optional<std::int32_t> digits;
  if (call.argument_count() > 0) {
    digits = call.integer(0);
    if (!digits) return {};
  }
  if (!item) return {};
  if (const auto moment = item->temporal()) {
    const auto out = moment->boundary(edge, digits ? *digits : default_digits(*moment));
    return out ? Collection{*out} : Collection{};
  }
  const auto quantity = item->quantity();
  const auto value = quantity ? std::optional(quantity->value) : item->decimal();
  const auto out = value ? boundary(*value, edge, digits ? *digits : kDefaultDecimals) : std::nullopt;
  if (!out) return {};
  return {quantity ? Item(Quantity{*out, quantity->unit, quantity->calendar}) : Item(*out)};
}

}  // namespace

Collection low_boundary(Call& call) { return bound(call, Edge::low); }
Collection high_boundary(Call& call) { return bound(call, Edge::high); }

Collection precision(Call& call) {
  const Item* item = call.only();
  if (!item) return {};
  if (const auto moment = item->temporal()) return {std::int32_t{moment->digits()}};
  const auto value = item->decimal();
  return value ? Collection{std::int32_t{value->decimals()}} : Collection{};
}

Collection comparable(Call& call) {
  const Item* item = call.only();
  const auto other = call.one(0);
  if (!item || !other) return {};
  const auto left = item->quantity(), right = other->quantity();
  if (!left || !right) {
    call.fail("comparable() takes Quantities");
    return {};
  }
  return {commensurable(*left, *right)};
}

}  // namespace varde::fhirpath::functions
