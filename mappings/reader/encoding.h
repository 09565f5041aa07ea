#pragma once
/// @file mappings/reader/encoding.h
/// What the parser is too lenient about: bytes that contradict the text's own word on its encoding, and NUL.
/// Faults: encoding_invalid, not_well_formed.
#include <optional>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::mappings {

/// nullopt when there is nothing to say against the bytes.
std::optional<Failure> encoding_problem(std::string_view bytes);

}  // namespace varde::mappings
