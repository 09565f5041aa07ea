#pragma once
/// @file fhir-model/fhirpath/narrative.h
/// Whether a text is the XHTML that a narrative may hold: the allowed elements and attributes, well nested, with content.
/// Source: https://hl7.org/fhir/R4/narrative.html#xhtml (rules txt-1 and txt-2)
/// Pure; time is linear.
#include <string_view>

namespace varde::fhirpath {

bool is_narrative(std::string_view xhtml);

}  // namespace varde::fhirpath
