#include "server/followup/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <unordered_map>

#include "fhir-model/ucum/ucum.h"
#include "fhir-model/view/data_types.h"
#include "server/followup/codes.h"
#include "server/followup/table.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

/// Other names of the code systems that devices and neighbours use.
struct SystemAlias {
  std::string_view alias, system;
};
constexpr std::array kSystemAliases{
    SystemAlias{"urn:oid:2.16.840.1.113883.6.1", codes::kLoinc},
    SystemAlias{"urn:oid:2.16.840.1.113883.6.96", codes::kSnomed},
    SystemAlias{"urn:oid:2.16.840.1.113883.6.24", codes::kMdc},
    SystemAlias{"http://npu-terminology.org", codes::kNpu},
    SystemAlias{"urn:oid:1.2.208.176.2.1", codes::kNpu},  // of Danish suppliers
};
std::string_view usual_system(std::string_view system) {
  for (const auto& row : kSystemAliases)
    if (row.alias == system) return row.system;
  return system;
}

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class Value>
using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

struct Tables {
  std::vector<Measure> measures;
  ByText<std::size_t> by_coding;      ///< index into measures
  ByText<std::string> unit_spelling;  ///< spelling -> UCUM
  ByText<std::string> shown_units;    ///< UCUM -> for people

  Tables() {
    for (const auto& row : read_table("followup/measures.txt", ';')) add_measure(row);
    for (const auto& row : read_table("followup/units.txt", ';')) unit_spelling.emplace(row.at(0), row.at(1));
  }

  static void read_possible(std::string_view range, Measure& measure) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto dots = std::min(range.find(".."), range.size());
    measure.lowest = number_of(range.substr(0, dots)).value_or(-kInfinity);
    measure.highest = number_of(range.substr(std::min(dots + 2, range.size()))).value_or(kInfinity);
  }

  void add_measure(const TableRow& row) {
    const auto names = split(row.at(1), '|');
    Measure measure;
    measure.key = full_key(row.at(0));
    const auto bar = measure.key.find('|');
    measure.system = measure.key.substr(0, bar), measure.code = measure.key.substr(bar + 1);
    measure.name = names.at(0), measure.display = names.at(1);
    measure.unit = row.at(2), measure.shown_unit = row.at(3);
    measure.decimals = static_cast<int>(std::strtol(std::string(row.at(4)).c_str(), nullptr, 10));
    read_possible(row.at(5), measure);
    measure.molar_mass = number_of(row.at(6)).value_or(0);
    for (const auto part : split(row.at(8), ' '))
      if (!part.empty()) measure.parts.push_back(full_key(part));
    by_coding.emplace(measure.key, measures.size());
    for (const auto also : split(row.at(7), ' '))
      if (!also.empty()) by_coding.emplace(full_key(also), measures.size());
    shown_units.emplace(measure.unit, measure.shown_unit);
    measures.push_back(std::move(measure));
  }
};

const Tables& tables() {
  static const Tables read_once;
  return read_once;
}

/// As UCUM has it, or else through the molar mass: g/L = g/mol * mol/L.
Result<double> converted_by_kind(double value, std::string_view unit, std::string_view wanted, const Measure* of) {
  auto same_kind = fhir::convert(value, unit, wanted);
  if (same_kind || !of || of->molar_mass <= 0) return same_kind;
  if (const auto grams = fhir::convert(value, unit, "g/L"))
    return fhir::convert(*grams / of->molar_mass, "mol/L", wanted);
  if (const auto moles = fhir::convert(value, unit, "mol/L"))
    return fhir::convert(*moles * of->molar_mass, "g/L", wanted);
  return same_kind;
}

/// Twelve significant digits are far beyond any instrument and far within a double.
double without_binary_dust(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 11).ptr;
  std::from_chars(text, end, value);
  return value;
}

}  // namespace

std::span<const Measure> measures() { return tables().measures; }

bool Measure::is_count() const { return unit == "{score}" || unit == "/d"; }

const Measure* find_measure(std::string_view key) {
  const auto& known = tables();
  const auto found = known.by_coding.find(key);
  return found == known.by_coding.end() ? nullptr : &known.measures[found->second];
}

std::string measure_key(fhir::Element codeable_concept) {
  std::string key, first;
  const auto measured = view::CodeableConcept::of(codeable_concept);
  for (const auto coding : measured.coding()) {
    const std::string_view code = coding.code();
    if (code.empty()) continue;
    key.assign(usual_system(coding.system())).append("|").append(code);
    if (const auto* known = find_measure(key)) return known->key;
    if (first.empty()) first = key;
  }
  if (!first.empty()) return first;
  const std::string_view text = measured.text();
  return text.empty() ? std::string{} : fmt::format("#text|{}", text);
}

std::string measure_name(fhir::Element codeable_concept) {
  if (const auto* known = find_measure(measure_key(codeable_concept))) return known->name;
  const auto measured = view::CodeableConcept::of(codeable_concept);
  if (const std::string_view text = measured.text(); !text.empty()) return std::string(text);
  const auto coding = measured.coding().front();
  return std::string(coding.display().has_value() ? coding.display() : coding.code());
}

Result<double> in_unit(double value, std::string_view unit, std::string_view wanted, const Measure* of) {
  if (unit == wanted) return value;
  auto converted = converted_by_kind(value, unit, wanted, of);
  if (!converted) {
    // Not UCUM, or UCUM for something else ("C" is coulomb): perhaps a known way to write what was meant.
    const auto& spellings = tables().unit_spelling;
    const auto spelling = spellings.find(unit);
    if (spelling == spellings.end())
      return fail(Fault::value_malformed, fmt::format("a value in {} cannot be expressed in {}", unit, wanted));
    if (spelling->second == wanted) return value;
    converted = converted_by_kind(value, spelling->second, wanted, of);
  }
  if (!converted) return converted;
  return without_binary_dust(*converted);
}

std::string_view unit_of(fhir::Element element) {
  const auto quantity = view::Quantity::of(element);
  const std::string_view code = quantity.code();
  return code.empty() ? std::string_view(quantity.unit()) : code;
}

bool says_two_units(fhir::Element element, const Measure* of) {
  const auto quantity = view::Quantity::of(element);
  const std::string_view code = quantity.code(), unit = quantity.unit();
  if (code.empty() || unit.empty() || code == unit) return false;
  constexpr double kEqual = 1e-6;
  for (const double value : {1.0, 100.0}) {  // two, since a temperature's scales differ in their zero
    const auto converted = in_unit(value, unit, code, of);
    if (!converted) return false;  // words, or an abbreviation that means something else to others
    if (std::abs(*converted - value) > kEqual * value) return true;
  }
  return false;
}

std::string shown_unit(std::string_view unit) {
  const auto& shown = tables().shown_units;
  const auto found = shown.find(unit);
  return found == shown.end() ? std::string(unit) : found->second;
}

Result<double> number_of(std::string_view literal) {
  double value = 0;
  const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  if (error != std::errc{} || end != literal.data() + literal.size() || !std::isfinite(value))
    return fail(Fault::value_malformed, "a number that can be computed with is expected");
  return value;
}

std::string number_text(double value) {
  value = without_binary_dust(value);
  if (value == 0) return "0";
  char text[400];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
  return {text, end};
}

double rounded(double value, int decimals) {
  const double scale = std::pow(10, decimals);
  return without_binary_dust(std::round(value * scale) / scale);
}

std::string shown_number(double value) {
  auto text = number_text(value);
  if (const auto point = text.find('.'); point != std::string::npos) text[point] = ',';
  return text;
}

}  // namespace varde::followup
