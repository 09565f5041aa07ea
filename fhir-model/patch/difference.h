#pragma once
/// @file fhir-model/patch/difference.h
/// What makes one resource of another: a FHIRPath Patch that changes `from` into `to`. Lists are compared from both
/// ends, what is left in the middle place by place.
/// Source: https://hl7.org/fhir/R4/fhirpatch.html
/// Left out: meta.versionId and meta.lastUpdated, which no sender sets. Pure.
#include "fhir-model/element/element.h"

namespace varde::fhir {

/// Both of the same type. A Parameters resource; without parameters where they are alike.
Tree difference(Element from, Element to);

}  // namespace varde::fhir
