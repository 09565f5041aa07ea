#pragma once
/// @file fhir-model/validation/primitive.h
/// The form that the value of each primitive type must have.
/// Source: https://hl7.org/fhir/R4/datatypes.html#primitive
/// Pure; safe from any thread.
#include <string_view>

#include "fhir-model/definitions/definitions.h"

namespace varde::fhir {

/// Whether the literal text is a value of that primitive type.
bool is_well_formed(TypeId primitive, std::string_view text);
/// What a value of that type looks like: "YYYY, YYYY-MM or YYYY-MM-DD, a day of the calendar".
std::string_view form_of(TypeId primitive);

bool is_decimal(std::string_view text);
bool is_code(std::string_view text);
/// No white space; R4 asks for no more (its placeholders urn:uuid:... need not be real UUIDs).
bool is_uri(std::string_view text);
/// Has a scheme: "http:", "urn:".
bool is_absolute_uri(std::string_view text);

}  // namespace varde::fhir
