#pragma once
/// @file fhir-model/validation/answer.h
/// One answer of a QuestionnaireResponse, held to its question; and the conditions that other questions put on it.
/// Source: https://hl7.org/fhir/R4/questionnaire.html, https://hl7.org/fhir/R4/valueset-item-type.html
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/validation/findings.h"

namespace varde::fhir {

void check_answer(Element answer, Element question, Findings& findings);

/// Whether one of the answers (their value[x]) meets an enableWhen; of no answers only `exists = false` is true.
bool meets(Element enable_when, const std::vector<Element>& answers);

}  // namespace varde::fhir
