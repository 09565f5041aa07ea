#pragma once
/// What an expression answers, as one line of text that tests compare with.
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fhirpath/fhirpath.h"

namespace varde::fhirpath {

/// Items separated by ", "; "{}" when there are none; "fault: ..." when it cannot be.
/// An element without a value stands as its path.
std::string answer(std::string_view expression, fhir::Element context = {}, const Environment& environment = {});

fhir::Tree tree_of(std::string_view json);

}  // namespace varde::fhirpath
