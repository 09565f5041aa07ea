#pragma once
/// @file fhir-model/ucum/ucum.h
/// Canonical form of the units that home measurements arrive in (kg and g, mm[Hg] and kPa, Cel and [degF], ...).
/// Source: https://ucum.org/ucum
/// Faults: value_malformed (not a unit we know). Pure.
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::fhir {

struct CanonicalQuantity {
  double value;
  std::string unit;  ///< canonical UCUM code of that dimension: g, Pa, K, s-1, mol/m3 ... as the table says
};

/// `code` is a case-sensitive UCUM code.
Result<CanonicalQuantity> to_canonical(double value, std::string_view code);
/// Converts between two codes of the same dimension. Faults: value_malformed.
Result<double> convert(double value, std::string_view from, std::string_view to);

}  // namespace varde::fhir
