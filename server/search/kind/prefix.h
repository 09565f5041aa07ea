#pragma once
/// @file server/search/kind/prefix.h
/// The prefixes of ordered parameters: https://hl7.org/fhir/R4/search.html#prefix
/// Faults: parameter_malformed.
#include <cstdint>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::search {

enum class Prefix : std::uint8_t { eq, ne, gt, lt, ge, le, sa, eb, ap };

/// Takes a leading prefix off the text; eq where there is none.
Result<Prefix> take_prefix(std::string_view& text, std::string_view parameter);

}  // namespace varde::search
