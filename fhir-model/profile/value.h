#pragma once
/// @file fhir-model/profile/value.h
/// Comparing an element with the value that a profile asks for. Decimals are compared as numbers: 1.0 is 1.00.
/// Source: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ and pattern_x_
/// Pure; safe from any thread.
#include <string>

#include "fhir-model/element/element.h"

namespace varde::fhir::profile {

/// fixed[x]: the same, with nothing more and nothing less.
bool is_fixed(Element value, Element fixed);
/// pattern[x]: at least what the pattern holds; each of its repetitions is met by some repetition of the value.
bool meets_pattern(Element value, Element pattern);
/// For people: `"8480-6"`, or `system "http://loinc.org", code "8480-6"`.
std::string described(Element wanted);

}  // namespace varde::fhir::profile
