#pragma once
/// @file fhir-model/profile/outline.h
/// A resource written as an outline: each line is a digit for the depth, the element's name and, of a primitive, a
/// space and its value. It is how R4's own profiles lie in the binary: read line by line when first asked for.
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::fhir {

/// Throws std::logic_error when the outline names an element that its parent's type does not have.
Tree grow(std::string_view type_name, std::string_view outline);

}  // namespace varde::fhir
