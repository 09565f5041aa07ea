#pragma once
/// @file fhir-model/fault/severity.h
/// How grave a finding is. Only errors refuse a resource; `fatal` is not needed: what cannot be read is an error.
/// Source: https://hl7.org/fhir/R4/valueset-issue-severity.html
#include <cstdint>
#include <string_view>

namespace varde {

enum class Severity : std::uint8_t { error, warning, information };

constexpr std::string_view name_of(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "information";
}

}  // namespace varde
