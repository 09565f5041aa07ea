#pragma once
/// @file fhir-model/validation/questionnaire.h
/// Questionnaires whose conditions make sense, and answers held to the questionnaire they answer: link ids, types,
/// numbers of answers, options, lengths and limits, required items, items that are not enabled.
/// Source: https://hl7.org/fhir/R4/questionnaire.html, https://hl7.org/fhir/R4/questionnaireresponse.html
/// Faults: invariant, value_malformed, required_missing, cardinality, code_invalid. Never quotes an answer.
#include "fhir-model/element/element.h"
#include "fhir-model/validation/findings.h"

namespace varde::fhir {

void check_questionnaire(Element questionnaire, Findings& findings);

/// The Questionnaire that a response contains and names; nowhere when it is kept elsewhere.
Element contained_questionnaire(Element response);
/// `questionnaire` may be of another tree. Required items are asked for of completed and amended responses only.
void check_answers(Element response, Element questionnaire, Findings& findings);

}  // namespace varde::fhir
