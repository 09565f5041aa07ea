#pragma once
/// @file server/followup/measure.h
/// What was measured, whatever code system and unit it arrived in: one measure, one unit.
/// Tables: conformance/followup/measures.txt and units.txt, read once.
/// Faults: value_malformed (a unit that does not fit the measure). Pure; safe from any thread.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::followup {

struct Measure {
  std::string key;            ///< "http://loinc.org|2708-6", as in storage::Measurement::measure
  std::string system, code;   ///< the two halves of key
  std::string name, display;  ///< Norwegian; English
  std::string unit;           ///< UCUM code that values are kept in
  std::string shown_unit;     ///< "mmHg"
  int decimals = 0;
  double lowest = 0, highest = 0;  ///< in `unit`: what lies outside is an error of the equipment
  double molar_mass = 0;           ///< g/mol, where mass and amount of substance are both in use; else 0
  std::vector<std::string> parts;  ///< keys of a panel's components

  bool is_panel() const { return !parts.empty(); }
  bool is_count() const;  ///< a score or steps: a number without a unit says it all
  bool is_possible(double value) const { return value >= lowest && value <= highest; }
};

std::span<const Measure> measures();
/// By key, or by any coding "system|code" that means the same; nullptr when the table does not have it.
const Measure* find_measure(std::string_view key);

/// Of a CodeableConcept: the known measure among its codings, else the first coding, else "#text|…"; empty when
/// nothing.
std::string measure_key(fhir::Element codeable_concept);
/// Norwegian name of a known measure; else what the concept itself shows.
std::string measure_name(fhir::Element codeable_concept);

/// `value` in `unit` (UCUM or a spelling of units.txt), expressed in `wanted`. Free of binary dust: 80000 g is 80 kg.
/// `of`: what is measured, where its mass and its amount of substance are told apart (90 mg/dL of glucose is 5 mmol/L).
Result<double> in_unit(double value, std::string_view unit, std::string_view wanted, const Measure* of = nullptr);
/// The UCUM code of a Quantity: its code, or its unit where it has no code. Empty when it has neither.
std::string_view unit_of(fhir::Element quantity);
/// Its unit for people and its code are two units of the same thing: "80 lb" coded kg. Nobody can tell which is meant.
bool says_two_units(fhir::Element quantity, const Measure* of);
/// How a unit is written for people: "mmHg" for mm[Hg].
std::string shown_unit(std::string_view unit);

/// FHIR decimal or integer literal. Faults: value_malformed.
Result<double> number_of(std::string_view literal);
/// At most twelve significant digits, no exponent, no trailing zeros: "82", "36.5".
std::string number_text(double value);
/// The same for Norwegian readers: "36,5".
std::string shown_number(double value);
/// At most so many decimals.
double rounded(double value, int decimals);

}  // namespace varde::followup
