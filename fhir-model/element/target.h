#pragma once
/// @file fhir-model/element/target.h
/// What a reference names inside its own tree: a contained resource, or a Bundle's entry.
/// Source: https://hl7.org/fhir/R4/references.html#contained, https://hl7.org/fhir/R4/bundle.html#references
/// Pure; safe from any thread; nothing is fetched.
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::fhir {

/// `text` as it would be read at `from`: "#name" is contained in the resource around it, anything else is looked for
/// among the entries of the outermost Bundle. Absent when the tree does not hold it.
Element target_of(std::string_view text, Element from);
/// Of a Reference, canonical or uri.
Element target_of(Element reference);

}  // namespace varde::fhir
