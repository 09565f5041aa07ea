#pragma once
/// @file server/operation/apply/place.h
/// Puts values where a definition says: a copied element, or what an expression gave, at a path of the made resource.
/// Source: https://hl7.org/fhir/R4/plandefinition-definitions.html#PlanDefinition.action.dynamicValue.path
/// Faults: business_rule (no such element, or not of that type; the place in the definition is named).
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/fhirpath/value.h"

namespace varde::operation::apply {

/// Adds the value under that name; a choice's base name takes the alternative of the value's type.
Result<fhir::Editor> put(fhir::Editor owner, std::string_view name, const fhirpath::Item& value);

/// Sets what the path names, in place of what stood there: names and constant indexes, "payload[0].content".
/// Steps on the way are made. Of several values all are put, where the element repeats.
Result<void> put_at(fhir::Editor root, std::string_view path, const fhirpath::Collection& values);

}  // namespace varde::operation::apply
