/// https://hl7.org/fhirpath/N1/#math
#include <cmath>

#include "fhir-model/fhirpath/functions/functions.h"

namespace varde::fhirpath::functions {
namespace {

/// The number of the focus; nullopt when it is empty. What is no number is a fault.
std::optional<Decimal> number(Call& call) {
  const Item* item = call.only();
  if (!item) return std::nullopt;
  const auto value = item->decimal();
  if (!value && !(item->is_number() && item->element())) call.fail(call.node.name + "() takes a number");
  return value;
}

Collection decimal(std::optional<Decimal> value) { return value ? Collection{*value} : Collection{}; }
Collection decimal(double value) { return decimal(Decimal::from_double(value)); }

/// Integer when it fits; FHIRPath has no larger one.
Collection integer(const Decimal& value) {
  const auto whole = value.whole();
  if (!whole || *whole > INT32_MAX || *whole < INT32_MIN) return {};
  return {static_cast<std::int32_t>(*whole)};
}

Collection whole(Call& call, Rounding how) {
  const auto value = number(call);
  return value ? integer(value->rounded(0, how)) : Collection{};
}

Collection of_double(Call& call, double (*function)(double)) {
  const auto value = number(call);
  return value ? decimal(function(value->approximately())) : Collection{};
}

/// By squaring; nullopt on overflow.
std::optional<Decimal> raised(Decimal base, std::int64_t exponent) {
  std::optional<Decimal> result = Decimal(1), square = base;
  for (; exponent > 0 && result; exponent >>= 1) {
    if ((exponent & 1) && !square) return std::nullopt;
    if (exponent & 1) result = multiply(*result, *square);
    if (square && exponent > 1) square = multiply(*square, *square);
  }
  return result;
}

}  // namespace

Collection abs(Call& call) {
  const Item* item = call.only();
  if (!item) return {};
  if (auto quantity = item->quantity()) {
    if (quantity->value.is_negative()) quantity->value = -quantity->value;
    return {*quantity};
  }
  const auto value = number(call);
  if (!value) return {};
  const Decimal magnitude = value->is_negative() ? -*value : *value;
  return item->integer() ? integer(magnitude) : Collection{magnitude};
}

Collection ceiling(Call& call) { return whole(call, Rounding::ceiling); }
Collection floor(Call& call) { return whole(call, Rounding::floor); }
Collection truncate(Call& call) { return whole(call, Rounding::truncate); }

Collection exp(Call& call) { return of_double(call, std::exp); }
Collection ln(Call& call) { return of_double(call, std::log); }
Collection sqrt(Call& call) { return of_double(call, std::sqrt); }

Collection log(Call& call) {
  const auto value = number(call);
  const auto base = call.one(0);
  if (!value || !base || !base->decimal()) return {};
  return decimal(std::log(value->approximately()) / std::log(base->decimal()->approximately()));
}

Collection power(Call& call) {
  const auto base = number(call);
  const auto item = call.one(0);
  const auto exponent = item ? item->decimal() : std::nullopt;
  if (!base || !exponent) return {};
  const auto count = exponent->whole();
  if (!count) return decimal(std::pow(base->approximately(), exponent->approximately()));
  const auto result = raised(*base, std::abs(*count));
  if (!result) return {};
  if (*count < 0) return decimal(divide(Decimal(1), *result));
  return call.focus.front().integer() && item->integer() ? integer(*result) : Collection{*result};
}

Collection round(Call& call) {
  const auto value = number(call);
  const auto decimals = call.argument_count() > 0 ? call.integer(0) : std::optional<std::int32_t>(0);
  if (!value || !decimals) return {};
  if (*decimals < 0) {
    call.fail("round() takes a number of decimals that is not negative");
    return {};
  }
  return {value->rounded(*decimals)};
}

}  // namespace varde::fhirpath::functions
