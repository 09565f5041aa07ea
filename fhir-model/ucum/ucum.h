#pragma once
/// @file fhir-model/ucum/ucum.h
/// UCUM units: their canonical form, so that kg and g, mm[Hg] and kPa, Cel and [degF] compare, and conversion.
/// Source: https://ucum.org/ucum
/// Faults: value_malformed (not UCUM, or two units of different kinds), with the code that was probably meant.
///         Pure; safe from any thread.
/// Results are rounded to 14 significant digits, so that 70 kg and 70000 g give the same number.
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::fhir {

struct CanonicalQuantity {
  double value;
  std::string unit;  ///< product of UCUM base units: g, g.m-1.s-2 for any pressure, s-1, K; "1" for a pure number
};

/// `code` is a case-sensitive UCUM code.
Result<CanonicalQuantity> to_canonical(double value, std::string_view code);
/// Converts between two codes of the same dimension. Faults: value_malformed.
Result<double> convert(double value, std::string_view from, std::string_view to);
/// Whether the code is UCUM that we know; the Failure says what is wrong with it.
Result<void> check_unit(std::string_view code);

}  // namespace varde::fhir
