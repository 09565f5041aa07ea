#pragma once
/// @file fhir-model/definitions/tables.h
/// What tables.cpp (generated) defines; used by definitions.cpp only.
#include <cstddef>
#include <iterator>

#include "fhir-model/definitions/composites.h"
#include "fhir-model/definitions/definitions.h"

namespace varde::fhir::tables {
extern const TypeRow kTypes[];  ///< sorted by name
extern const std::size_t kTypeCount;
extern const ElementRow kElements[];  ///< by type, in definition order
extern const std::size_t kElementCount;
extern const BindingRow kBindings[];
extern const TypeId kTargets[];
extern const std::uint16_t kTargetStarts[];
extern const ConstraintRow kConstraints[];
extern const std::size_t kConstraintCount;
extern const ConstraintPlace kTypeConstraints[];  ///< sorted by type
extern const std::size_t kTypeConstraintCount;
extern const ConstraintPlace kElementConstraints[];  ///< sorted by element
extern const std::size_t kElementConstraintCount;
extern const SearchParameterRow kSearchParameters[];  ///< sorted by type, then code
extern const std::size_t kSearchParameterCount;
extern const CompositeRow kComposites[];  ///< sorted by type, then code
extern const std::size_t kCompositeCount;
extern const CompartmentRow kCompartment[];  ///< sorted by type
extern const std::size_t kCompartmentCount;
}  // namespace varde::fhir::tables
