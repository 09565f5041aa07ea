#pragma once
/// @file fhir-model/text/percent.h
/// Percent-encoding of what stands in addresses. Source: RFC 3986 §2.1. Pure.
#include <optional>
#include <string>
#include <string_view>

namespace varde::fhir::text {

/// What may stand in a query as it is, stays: letters, digits, - _ . ~ : / , $
std::string percent_encoded(std::string_view text);

enum class Plus : bool { stays, is_blank };  ///< is_blank: in forms, application/x-www-form-urlencoded
/// nullopt: a % that two hexadecimal digits do not follow, or a NUL.
std::optional<std::string> percent_decoded(std::string_view text, Plus plus);

}  // namespace varde::fhir::text
