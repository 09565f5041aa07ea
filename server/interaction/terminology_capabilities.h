#pragma once
/// @file server/interaction/terminology_capabilities.h
/// What the terminology operations can do, and which code systems they know: those of R4 and those stored here.
/// Source: https://hl7.org/fhir/R4/terminologycapabilities.html; asked for as metadata?mode=terminology.
#include <string>

#include "server/interaction/act.h"
#include "server/interaction/capabilities.h"

namespace varde::interaction {

std::string terminology_capabilities(const std::string& base, const Software& software, const View& view);

}  // namespace varde::interaction
