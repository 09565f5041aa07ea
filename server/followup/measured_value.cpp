#include "server/followup/measured_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "fhir-model/fhirpath/decimal.h"
#include "server/followup/codes.h"
#include "server/followup/instant.h"
#include "server/followup/rule/rules.h"
#include "server/followup/rule/score.h"
#include "server/followup/score.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

constexpr std::size_t kMostComponents = 2000;
constexpr std::size_t kMostDigits = 37;  ///< of a number: as many as are compared exactly

/// Which side of `value.number` the literal lies on, to the last decimal. What is converted keeps twelve digits, so
/// that the others count beside those.
int beside(std::string_view literal, const MeasuredValue& value) {
  double kept = number_of(literal).value_or(0);
  if (value.unit != value.sent_unit) kept = number_of(number_text(kept)).value_or(0);
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, kept).ptr;
  const auto exact = fhirpath::Decimal::parse(literal);
  const auto near = fhirpath::Decimal::parse({text, static_cast<std::size_t>(end - text)});
  if (!exact || !near || *exact == *near) return 0;
  return *exact < *near ? -1 : 1;
}

/// Reasons for a missing value that are not a choice: the device or the gateway failed.
/// https://hl7.org/fhir/R4/valueset-data-absent-reason.html
bool is_failure(view::CodeableConcept absent_reason) {
  constexpr std::array<std::string_view, 6> kFailures{"error",   "not-a-number",      "negative-infinity",
                                                      "as-text", "positive-infinity", "unsupported"};
  for (const auto coding : absent_reason.coding())
    if (std::find(kFailures.begin(), kFailures.end(), coding.code().text()) != kFailures.end()) return true;
  return false;
}

const rule::Settings kNoSettings;
const LimitSet kNoLimits;
const time::Zone kZone = time::Zone::norway();

/// What keeps a Quantity or an integer from being a number of the measure; fills in the number when nothing does.
Doubt read_number(view::Quantity quantity, std::string_view literal, MeasuredValue& value) {
  if (literal.empty()) return Doubt::no_value;
  const auto number = number_of(literal);
  if (!number || literal.size() > kMostDigits) return Doubt::not_a_number;
  const auto* known = value.known;
  if (says_two_units(quantity, known)) return Doubt::unit;
  value.number = *number;
  // A count or score has no unit to name; anything else in a bare number could be grams or kilograms.
  if (value.sent_unit.empty() && known && known->is_count()) value.sent_unit = known->unit;
  value.unit = value.sent_unit;
  if (known) {
    if (known->is_panel()) return Doubt::not_a_number;  // two pressures are not one
    const auto converted = in_unit(*number, value.sent_unit, known->unit, known);
    if (!converted) return Doubt::unit;
    value.number = *converted, value.unit = known->unit;
    if (const auto doubt = asked_of(rule::kPlausible, known, kNoLimits, value.number).doubt; doubt != Doubt::none)
      return doubt;
  }
  const std::string_view comparator = quantity.comparator();
  value.comparator = comparator.empty() ? '\0' : comparator.front();
  value.beside = value.comparator == '<' ? -1 : value.comparator == '>' ? 1 : beside(literal, value);
  return Doubt::none;
}

/// `place`: an Observation or one of its components, which say what and how much in the same words.
template <class Measured>
MeasuredValue value_of(Measured place) {
  MeasuredValue value;
  value.place = place;
  value.measure = measure_key(place.code());
  value.known = find_measure(value.measure);
  const auto sent = place.value();
  const auto quantity = sent.quantity();
  const auto integer = sent.integer();
  if (!sent.element())
    value.doubt =
        !place.data_absent_reason() || is_failure(place.data_absent_reason()) ? Doubt::no_value : Doubt::absent;
  else if (!quantity && !integer)
    value.doubt = Doubt::not_a_number;
  else {
    value.sent_unit = quantity ? unit_of(quantity) : std::string_view(value.known ? "" : "1");
    value.doubt = read_number(quantity, quantity ? quantity.value().text() : integer.text(), value);
  }
  return value;
}

}  // namespace

Finding asked_of(const rule::Rule& rule, const Measure* measure, const LimitSet& limits, double number) {
  const rule::Point point{.value = number};
  auto found = rule.evaluate({measure, measure ? std::string_view(measure->name) : "", limits, kNoSettings},
                             {{}, {}, {&point, 1}}, {{}, kZone});
  return found.empty() ? Finding{.zone = Zone::green} : std::move(found.front());
}

Result<double> MeasuredValue::judged_in(std::string_view wanted) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto converted = in_unit(number, unit, wanted, known);
  if (!converted || beside == 0) return converted;
  return std::nextafter(*converted, beside < 0 ? -kInfinity : kInfinity);
}

Result<void> check_size(fhir::Element observation) {
  if (observation.count("component") <= kMostComponents) return {};
  return fail(Fault::too_costly,
              fmt::format("En måling har høyst {0} deler: send flere målinger, eller en kurve som SampledData (an "
                          "Observation has at most {0} components: send several, or a curve as SampledData)",
                          kMostComponents),
              "Observation.component");
}

MeasuredValue read_value(view::Observation observation) { return value_of(observation); }
MeasuredValue read_value(view::Observation::Component component) { return value_of(component); }

std::vector<MeasuredValue> values_of(fhir::Element observation, const time::Zone& zone) {
  std::vector<MeasuredValue> values;
  const auto measured = view::Observation::of(observation);
  const bool has_parts = !measured.component().empty() || !measured.has_member().empty();
  const auto take = [&](MeasuredValue value) {
    if (!value.measure.empty()) values.push_back(std::move(value));
  };
  const bool is_score = is_score_of_parts(observation);
  if (measured.value().element())
    take(read_value(measured));
  else if (is_score && !measured.data_absent_reason())
    take(read_score(observation));
  else if (auto value = read_value(measured); !has_parts && value.doubt != Doubt::absent)
    take(std::move(value));
  for (const auto component : measured.component())
    if (auto value = read_value(component); !is_score || !rule::is_points(value.measure)) take(std::move(value));
  // https://hl7.org/fhir/R4/extensibility.html#modifierExtension: it may say "not", and must not be passed over.
  const bool is_modified = bool(observation["modifierExtension"]);  // asked once: an Observation may have many parts
  for (auto& value : values)
    if (value.is_usable() && (is_modified || (value.place != observation && value.place["modifierExtension"])))
      value.doubt = Doubt::modified;
  if (is_ahead_of_time(observation, zone))
    for (auto& value : values)
      if (value.is_usable() || value.known) value.doubt = Doubt::ahead_of_time;
  return values;
}

bool is_unconfirmed(fhir::Element observation) {
  const auto measured = view::Observation::of(observation);
  const auto status = measured.status();
  if (status == "preliminary" || status == "unknown") return true;
  const auto has_value = [](const auto& place) { return bool(place.value().element()); };
  const auto parts = measured.component();
  return status == "registered" && (has_value(measured) || std::any_of(parts.begin(), parts.end(), has_value));
}

bool stands(fhir::Element observation) {
  const auto status = view::Observation::of(observation).status();
  return status == "final" || status == "amended" || status == "corrected" || is_unconfirmed(observation);
}

bool is_test_data(fhir::Element observation) {
  for (const auto label : view::Observation::of(observation).meta().security())
    if (label.code() == "HTEST" && label.system() == codes::kActReason) return true;
  return false;
}

}  // namespace varde::followup
