#pragma once
/// @file fhir-model/text/name.h
/// Names that a sender wrote, in an error text. What looks like a person's number is not repeated: errors are logged
/// and sent on.
#include <string_view>

namespace varde::fhir::text {

/// `name` itself, or words in its place when it is long, no name, or holds six digits in a row.
std::string_view repeatable(std::string_view name);

}  // namespace varde::fhir::text
