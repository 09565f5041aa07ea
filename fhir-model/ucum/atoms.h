#pragma once
/// @file fhir-model/ucum/atoms.h
/// Prefixes and unit atoms of UCUM as facts: code, whether it takes prefixes, value and defining term.
/// Source: https://ucum.org/ucum (tables 1-24), case-sensitive codes.
#include <cstdint>
#include <span>
#include <string_view>

namespace varde::fhir::ucum {

struct PrefixRow {
  std::string_view code;
  long double factor;
};
std::span<const PrefixRow> prefixes();

/// How an atom's number becomes a ratio of its defining term.
enum class Scale : std::uint8_t {
  ratio,      ///< value times the term
  arbitrary,  ///< a dimension of its own: not comparable with anything else
  celsius,
  fahrenheit,
  reaumur,
  ph,         ///< minus the decimal logarithm
  bel,        ///< decimal logarithm of a power
  bel_field,  ///< twice the decimal logarithm: of a pressure or voltage
  neper,      ///< natural logarithm
  binary,     ///< binary logarithm
  prism,      ///< 100 times the tangent of an angle
  potency,    ///< minus the logarithm to the base `value`, of homeopathic series
  root,       ///< square root
};

struct AtomRow {
  std::string_view code;
  bool metric;            ///< takes prefixes
  long double value;      ///< of a potency: the base of its logarithm
  std::string_view term;  ///< made of base units and of atoms further up; empty for a base unit
  Scale scale = Scale::ratio;
};
std::span<const AtomRow> atoms();

/// What people write in place of a UCUM code, and the code they mean.
struct SlipRow {
  std::string_view written, meant;
};
std::span<const SlipRow> slips();

}  // namespace varde::fhir::ucum
