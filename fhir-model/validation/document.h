#pragma once
/// @file fhir-model/validation/document.h
/// A document holds what its Composition refers to, and nothing that has no link to it.
/// Source: https://hl7.org/fhir/R4/documents.html#content
#include "fhir-model/validation/bundle.h"

namespace varde::fhir {

void check_document(const Entries& document, Findings& findings);

}  // namespace varde::fhir
