#include "server/followup/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "fhir-model/fhirpath/decimal.h"
#include "fhir-model/view/observation.h"
#include "fhir-model/view/service_request.h"
#include "server/followup/codes.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

constexpr std::size_t kMostAsked = 200;  ///< limits and rules of one request: every reading is judged by all of them
constexpr int kMostDigits = 12;          ///< of a boundary: as many as survive a conversion of units

Failure at(Failure failure, fhir::Element place) {
  failure.expression = place.path();
  return failure;
}

/// A boundary in the unit that the whole set is kept in; the sender's literal stays when the unit is the same.
Result<std::optional<Bound>> bound_of(view::Extension limit, std::string_view name, const Measure* of,
                                      std::string& unit) {
  const auto part = limit.extension(name);
  if (!part) return std::nullopt;
  const auto quantity = part.value().quantity();
  if (!quantity.value().has_value())
    return fail(
        Fault::required_missing,
        fmt::format("Grensens {0} er en valueQuantity med verdi (the limit's {0} must be a valueQuantity with a value)",
                    name),
        part.element().path());
  if (quantity.comparator())
    return fail(Fault::business_rule,
                "En grense er nøyaktig: utelat comparator (a limit's boundary is exact: leave the comparator out)",
                quantity.comparator().element().path());
  if (const auto exact = fhirpath::Decimal::parse(quantity.value().text());
      !exact || exact->trimmed().significant_digits() > kMostDigits)
    return fail(Fault::business_rule,
                "En grense har høyst tolv gjeldende sifre (a limit's boundary has at most twelve significant digits)",
                quantity.element().path());
  const auto own_unit = unit_of(quantity);
  if (own_unit.empty())
    return fail(
        Fault::required_missing,
        "En grense uten enhet kan leses som gram eller kilogram: oppgi UCUM-koden (a limit without a unit could be "
        "read as grams or kilograms: give the UCUM code)",
        quantity.element().path());
  if (says_two_units(quantity, of))
    return fail(
        Fault::business_rule,
        "unit og code er ulike enheter: hvilken gjelder? (unit and code are different units: which of them is meant?)",
        quantity.element().path());
  if (unit.empty()) unit = own_unit;
  const std::string_view literal = quantity.value().text();
  auto value = number_of(literal);
  if (!value) return tl::unexpected(at(value.error(), quantity));
  if (of) {
    const auto measured = in_unit(*value, own_unit, of->unit, of);
    if (measured && !of->is_possible(*measured))
      return fail(
          Fault::business_rule,
          fmt::format("Ingen har {0} {1} i {2}: en grense der ville aldri blitt krysset (nobody has {0} {1} of {3}: a "
                      "limit there would never be crossed)",
                      literal, own_unit, of->name, of->display),
          quantity.element().path());
  }
  if (own_unit == unit) return Bound{std::string(literal), *value};
  value = in_unit(*value, own_unit, unit, of);
  if (!value) return tl::unexpected(at(Failure{Fault::business_rule, value.error().diagnostics}, quantity));
  return Bound{number_text(*value), *value};
}

/// "inclusive", "base" and whatever else a newer sender means would change what the range says: refused, not ignored.
Result<void> require_known_parts(view::Extension limit) {
  std::set<std::string_view> said;
  for (const auto part : limit.extension()) {
    const std::string_view url = part.url();
    if (url != "zone" && url != "low" && url != "high" && url != "component")
      return fail(
          Fault::business_rule,
          "En grense har zone, low, high og component, ikke noe annet (a limit holds zone, low, high and component, "
          "nothing else)",
          part.element().path());
    if (!said.insert(url).second)
      return fail(Fault::business_rule, fmt::format("En grense har én {0} (a limit has one {0})", url),
                  part.element().path());
  }
  return {};
}

Result<void> read_limit(view::Extension limit, view::CodeableConcept planned_code, std::vector<MeasureLimits>& found) {
  if (auto known = require_known_parts(limit); !known) return known;
  const auto zone_part = limit.extension("zone");
  const auto zone = zone_of(zone_part.value().code());
  if (!zone || *zone == Zone::grey)
    return fail(Fault::business_rule,
                "Grensens zone er koden green, yellow eller red (a limit's zone is the code green, yellow or red)",
                (zone_part ? zone_part : limit).element().path());

  const auto component = limit.extension("component");
  const auto measure = measure_key(component ? component.value().codeable_concept() : planned_code);
  if (measure.empty())
    return fail(
        Fault::required_missing,
        "Grensen må si hva som måles: oppgi code i ServiceRequest, eller component (a limit needs to know what is "
        "measured: code the ServiceRequest, or the component)",
        (component ? component : limit).element().path());
  const auto* known = find_measure(measure);
  if (known && !known->parts.empty())
    return fail(
        Fault::business_rule,
        fmt::format("{} har flere verdier: oppgi hvilken component grensen gjelder ({} has several values: say which "
                    "component the limit is for)",
                    known->name, known->display),
        limit.element().path());

  auto of_measure = std::find_if(found.begin(), found.end(), [&](const auto& m) { return m.measure == measure; });
  if (of_measure == found.end()) of_measure = found.insert(found.end(), MeasureLimits{measure, {}});
  auto& limits = of_measure->limits;
  auto low = bound_of(limit, "low", known, limits.unit);
  FHIR_TRY(low);
  auto high = bound_of(limit, "high", known, limits.unit);
  FHIR_TRY(high);
  if (!*low && !*high)
    return fail(
        Fault::business_rule,
        "En grense har low, high eller begge: uten dem er alle verdier i sonen (a limit has a low, a high or both: "
        "without them every value is in the zone)",
        limit.element().path());
  if (known) {
    const auto fits = in_unit(1, limits.unit, known->unit, known);
    if (!fits)
      return fail(
          Fault::business_rule,
          fmt::format("{0} måles ikke i {2} ({1} is not measured in {2})", known->name, known->display, limits.unit),
          limit.element().path());
  }
  limits.ranges.push_back({*zone, std::move(*low), std::move(*high)});
  return {};
}

bool is_ours(fhir::Element reference_range) { return bool(reference_range.extension(codes::kLimitSource)); }

std::optional<Zone> zone_of_range(view::Observation::ReferenceRange range) {
  return zone_of(coding_of(range.type(), codes::kAlertLevel).code());
}

std::string with_comma(std::string literal) {
  std::replace(literal.begin(), literal.end(), '.', ',');
  return literal;
}

}  // namespace

Result<std::vector<MeasureLimits>> limits_of(fhir::Element service_request) {
  std::vector<MeasureLimits> found;
  const auto planned = view::ServiceRequest::of(service_request);
  view::Extension first;
  std::size_t asked = 0;
  for (const auto extension : planned.extension()) {
    if ((extension.url() == codes::kLimit || extension.url() == codes::kRule) && ++asked > kMostAsked)
      return fail(
          Fault::too_costly,
          fmt::format("En plan har høyst {0} grenser og regler for en måling: del den opp (a ServiceRequest has at "
                      "most {0} limits and rules: make several)",
                      kMostAsked),
          extension.element().path());
    if (extension.url() != codes::kLimit) continue;
    if (!first) first = extension;
    FHIR_TRY(read_limit(extension, planned.code(), found));
  }
  for (auto& of_measure : found) {
    auto proved = checked(std::move(of_measure.limits));
    if (!proved) return tl::unexpected(at(proved.error(), first));
    of_measure.limits = std::move(*proved);
  }
  FHIR_TRY(read_rules(service_request, found));
  return found;
}

void set_quantity(fhir::Editor quantity, std::string_view literal, std::string_view unit) {
  quantity.set("value", literal);
  quantity.set("unit", shown_unit(unit));
  quantity.set("system", codes::kUcum);
  quantity.set("code", unit);
}

void add_limit(fhir::Editor service_request, const LimitSet& limits, const ZoneRange& range,
               std::string_view component) {
  auto limit = service_request.add("extension");
  limit.set("url", codes::kLimit);
  const auto part = [&](std::string_view name) {
    auto extension = limit.add("extension");
    extension.set("url", name);
    return extension;
  };
  part("zone").set("valueCode", code(range.zone));
  if (range.low) set_quantity(part("low").add("valueQuantity"), range.low->literal, limits.unit);
  if (range.high) set_quantity(part("high").add("valueQuantity"), range.high->literal, limits.unit);
  if (component.empty()) return;
  const auto bar = component.find('|');
  add_coding(part("component").add("valueCodeableConcept"), component.substr(0, bar), component.substr(bar + 1));
}

std::string shown_range(const LimitSet& limits, const ZoneRange& range) {
  const auto unit = shown_unit(limits.unit);
  if (!range.low) return fmt::format("under {} {}", with_comma(range.high->literal), unit);
  if (!range.high) return fmt::format("{} {} eller mer", with_comma(range.low->literal), unit);
  return fmt::format("fra {} til under {} {}", with_comma(range.low->literal), with_comma(range.high->literal), unit);
}

void add_reference_ranges(fhir::Editor measured, const LimitSet& limits, std::string_view source) {
  for (const auto& range : limits.ranges) {
    auto reference_range = measured.add("referenceRange");
    auto extension = reference_range.add("extension");
    extension.set("url", codes::kLimitSource);
    extension.add("valueReference").set("reference", source);
    if (range.low) set_quantity(reference_range.add("low"), range.low->literal, limits.unit);
    if (range.high) set_quantity(reference_range.add("high"), range.high->literal, limits.unit);
    add_coding(reference_range.add("type"), codes::kAlertLevel, code(range.zone));
    reference_range.set("text", fmt::format("{}: {}", norwegian(range.zone), shown_range(limits, range)));
  }
}

Result<LimitSet> reference_ranges_of(fhir::Element measured) {
  LimitSet limits;
  bool damaged = false;
  const auto bound = [&](view::Quantity quantity) -> std::optional<Bound> {
    if (!quantity) return std::nullopt;  // open
    const std::string_view literal = quantity.value().text();
    const auto value = number_of(literal);
    damaged |= !value.has_value();
    limits.unit = quantity.code();
    return Bound{std::string(literal), value.value_or(0)};
  };
  for (const fhir::Element place : measured.each("referenceRange")) {
    const view::Observation::ReferenceRange range(place);
    if (!is_ours(range)) continue;
    const auto zone = zone_of_range(range);
    damaged |= !zone;
    auto low = bound(range.low()), high = bound(range.high());
    limits.ranges.push_back({zone.value_or(Zone::grey), std::move(low), std::move(high)});
  }
  if (limits.ranges.empty()) return limits;
  if (damaged) return fail(Fault::value_malformed, "the ranges of this Observation are damaged", measured.path());
  return checked(std::move(limits));
}

std::string reference_range_source(fhir::Element measured) {
  for (const auto range : measured.each("referenceRange"))
    if (const auto source = view::Extension::of(range.extension(codes::kLimitSource)))
      return std::string(source.value().reference().reference());
  return {};
}

void remove_reference_ranges(fhir::Editor measured) { remove_each(measured, "referenceRange", is_ours); }

}  // namespace varde::followup
