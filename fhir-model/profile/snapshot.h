#pragma once
/// @file fhir-model/profile/snapshot.h
/// The snapshot of a StructureDefinition, made of its differential upon its base.
/// Source: https://hl7.org/fhir/R4/profiling.html#snapshot,
/// https://hl7.org/fhir/R4/elementdefinition.html#interpretation Faults: business_rule (no base, or the differential
/// names what the base has not; the element is named), not_found (a
///         base or a type's definition that is not known), too_costly (bases in a circle, too many elements).
#include <functional>
#include <optional>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::fhir {

/// A StructureDefinition by its canonical; nothing when it is not known.
using FindDefinition = std::function<std::optional<Tree>(std::string_view canonical)>;

/// The definition with a snapshot in place of the one it may have.
Result<Tree> with_snapshot(Element definition, const FindDefinition& find);

}  // namespace varde::fhir
