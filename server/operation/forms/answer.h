#pragma once
/// @file server/operation/forms/answer.h
/// A value as the answer to a question, whose type decides its form.
/// Source: https://hl7.org/fhir/R4/valueset-item-type.html
/// Faults: business_rule (it is no such value; the item is named).
#include "fhir-model/fhirpath/value.h"
#include "server/operation/forms/question.h"

namespace varde::operation::forms {

/// Sets answer.value[x].
Result<void> set_answer(fhir::Editor answer, Element item, const fhirpath::Item& value);

}  // namespace varde::operation::forms
