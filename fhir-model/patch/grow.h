#pragma once
/// @file fhir-model/patch/grow.h
/// Puts what a part of a FHIRPath Patch brings into a resource: a value, a resource, or parts that are values in turn.
/// Source: https://hl7.org/fhir/R4/fhirpatch.html#anonymous
/// Faults: patch_malformed (the part says nothing or several things), patch_not_applicable (no such element, the wrong
///         type, or one that is there already and does not repeat), too_deep.
#include <cstddef>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::fhir::patch {

/// `name` as the definitions write it; "value" (or "value[x]") also for a choice, whose alternative is then the
/// value's. `part` is of a Parameters resource; `depth` is how deep the JSON may nest.
Result<Editor> put(Editor owner, std::string_view name, Element part, std::size_t depth);

}  // namespace varde::fhir::patch
