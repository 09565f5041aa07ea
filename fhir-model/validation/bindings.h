#pragma once
/// @file fhir-model/validation/bindings.h
/// Codes held to the value sets that R4 binds their elements to. What only an outside terminology could tell is let
/// through. Only a required binding refuses; what an extensible or preferred one would rather have is advice.
/// Source: https://hl7.org/fhir/R4/terminologies.html#strength
/// Faults: code_invalid. Safe from any thread.
#include "fhir-model/element/element.h"
#include "fhir-model/validation/findings.h"

namespace varde::fhir {

/// `at`: a well-formed code, string or uri with a value; or a Coding, CodeableConcept or Quantity.
void check_binding(Element at, const ElementRow& row, Findings& findings);
/// A Coding's system is none of HL7's value sets; its code in that system is advice, since systems grow after R4.
void check_coding(Element coding, Findings& findings);

}  // namespace varde::fhir
