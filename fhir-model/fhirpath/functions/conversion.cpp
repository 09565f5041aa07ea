/// https://hl7.org/fhirpath/N1/#conversion
#include <algorithm>
#include <array>
#include <charconv>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/text.h"
#include "fhir-model/fhirpath/units.h"

namespace varde::fhirpath::functions {
namespace {

using Converted = std::optional<Item>;

template <class T>
Converted converted(std::optional<T> value) {
  return value ? Converted(Item(std::move(*value))) : std::nullopt;
}

constexpr std::array<std::string_view, 6> kTrue{"true", "t", "yes", "y", "1", "1.0"};
constexpr std::array<std::string_view, 6> kFalse{"false", "f", "no", "n", "0", "0.0"};

Converted boolean_of(const Item& from) {
  if (const auto truth = from.boolean()) return Item(*truth);
  if (const auto number = from.decimal()) {
    if (*number == Decimal(1)) return Item(true);
    if (number->is_zero()) return Item(false);
  }
  if (const auto text = from.string()) {
    const std::string word = to_lower(*text);
    if (std::ranges::count(kTrue, word)) return Item(true);
    if (std::ranges::count(kFalse, word)) return Item(false);
  }
  return std::nullopt;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_sign(std::string_view text) {
  return text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
}

Converted integer_of(const Item& from) {
  if (const auto value = from.integer()) return Item(*value);
  if (const auto truth = from.boolean()) return Item(std::int32_t{*truth});
  const auto text = from.string();
  if (!text || !is_digits(without_sign(*text))) return std::nullopt;
  const std::string_view digits = text->starts_with('+') ? text->substr(1) : *text;
  std::int32_t value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{}) return std::nullopt;
  return Item(value);
}

/// (\+|-)?\d+(\.\d+)?
std::optional<Decimal> parse_decimal(std::string_view text) {
  const std::string_view plain = without_sign(text);
  const std::size_t point = plain.find('.');
  const bool well_formed =
      is_digits(plain.substr(0, point)) && (point == std::string_view::npos || is_digits(plain.substr(point + 1)));
  return well_formed ? Decimal::parse(text) : std::nullopt;
}

Converted decimal_of(const Item& from) {
  if (const auto value = from.decimal()) return Item(*value);
  if (const auto truth = from.boolean()) return Item(Decimal(*truth));
  const auto text = from.string();
  return text ? converted(parse_decimal(*text)) : std::nullopt;
}

Converted string_of(const Item& from) {
  const auto system = from.system();
  return system ? converted(system->text()) : std::nullopt;
}

Converted temporal_of(const Item& from, Temporal::Kind kind) {
  if (const auto text = from.string()) return converted(Temporal::parse(kind, *text));
  const auto value = from.temporal();
  if (!value || (value->kind() == Temporal::Kind::time) != (kind == Temporal::Kind::time)) return std::nullopt;
  return Item(value->as(kind));
}
Converted date_of(const Item& from) { return temporal_of(from, Temporal::Kind::date); }
Converted date_time_of(const Item& from) { return temporal_of(from, Temporal::Kind::date_time); }
Converted time_of(const Item& from) { return temporal_of(from, Temporal::Kind::time); }

/// "1.5", "1.5 'mg'", "2 weeks"
std::optional<Quantity> parse_quantity(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("+-.0123456789"), text.size());
  const auto value = parse_decimal(text.substr(0, end));
  if (!value) return std::nullopt;
  const std::string_view rest = text.substr(end);
  if (rest.empty()) return Quantity{*value, "1"};
  const std::string_view unit = rest.substr(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  if (unit.size() > 2 && unit.starts_with('\'') && unit.ends_with('\''))
    return Quantity{*value, std::string(unit.substr(1, unit.size() - 2))};
  if (calendar_unit(unit).empty()) return std::nullopt;
  return Quantity{*value, std::string(unit), true};
}

Converted quantity_of(const Item& from) {
  if (auto quantity = from.quantity()) return Item(std::move(*quantity));
  if (const auto number = from.decimal()) return Item(Quantity{*number, "1"});
  if (const auto truth = from.boolean())
    return Item(Quantity{*truth ? *Decimal::parse("1.0") : *Decimal::parse("0.0"), "1"});
  const auto text = from.string();
  return text ? converted(parse_quantity(*text)) : std::nullopt;
}

Collection to(Call& call, Converted (*convert)(const Item&)) {
  const Item* item = call.only();
  auto result = item ? convert(*item) : std::nullopt;
  return result ? Collection{std::move(*result)} : Collection{};
}

Collection can(Call& call, Converted (*convert)(const Item&)) {
  const Item* item = call.only();
  return item ? Collection{convert(*item).has_value()} : Collection{};
}

/// toQuantity([unit]): in that unit, when it is given.
Converted in_unit(Call& call) {
  const Item* item = call.only();
  auto result = item ? quantity_of(*item) : std::nullopt;
  if (!result || call.argument_count() == 0) return result;
  const auto unit = call.string(0);
  if (!unit) return std::nullopt;
  const Quantity wanted{Decimal(0), *unit, !calendar_unit(*unit).empty()};
  return converted(add(wanted, *result->quantity()));
}

}  // namespace

Collection to_boolean(Call& call) { return to(call, boolean_of); }
Collection to_integer(Call& call) { return to(call, integer_of); }
Collection to_decimal(Call& call) { return to(call, decimal_of); }
Collection to_string(Call& call) { return to(call, string_of); }
Collection to_date(Call& call) { return to(call, date_of); }
Collection to_date_time(Call& call) { return to(call, date_time_of); }
Collection to_time(Call& call) { return to(call, time_of); }
Collection to_quantity(Call& call) {
  auto result = in_unit(call);
  return result ? Collection{std::move(*result)} : Collection{};
}

Collection converts_to_boolean(Call& call) { return can(call, boolean_of); }
Collection converts_to_integer(Call& call) { return can(call, integer_of); }
Collection converts_to_decimal(Call& call) { return can(call, decimal_of); }
Collection converts_to_string(Call& call) { return can(call, string_of); }
Collection converts_to_date(Call& call) { return can(call, date_of); }
Collection converts_to_date_time(Call& call) { return can(call, date_time_of); }
Collection converts_to_time(Call& call) { return can(call, time_of); }
Collection converts_to_quantity(Call& call) {
  return call.only() ? Collection{in_unit(call).has_value()} : Collection{};
}

}  // namespace varde::fhirpath::functions
