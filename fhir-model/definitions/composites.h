#pragma once
/// @file fhir-model/definitions/composites.h
/// The composite search parameters of R4 and what they are made of.
/// Source: https://hl7.org/fhir/R4/searchparameter-registry.html (SearchParameter.component)
#include <span>
#include <string_view>

#include "fhir-model/definitions/definitions.h"

namespace varde::fhir {

struct CompositeRow {
  TypeId type;
  std::string_view code;        ///< "code-value-quantity"
  std::string_view components;  ///< "code value-quantity"; % before one that stands elsewhere in the resource
};

std::span<const CompositeRow> composites();  ///< sorted by type, then code
/// The codes of the components; empty when the type has no such composite.
std::string_view components_of(TypeId type, std::string_view code);

}  // namespace varde::fhir
