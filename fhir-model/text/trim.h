#pragma once
/// @file fhir-model/text/trim.h
/// Text without the blanks at its ends. Pure.
#include <string_view>

namespace varde::fhir::text {

inline constexpr std::string_view kXmlBlanks = " \t\r\n";  ///< XML 1.0 2.3
inline constexpr std::string_view kHttpBlanks = " \t";     ///< OWS, RFC 9110 5.6.3

constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = kXmlBlanks) {
  const auto first = text.find_first_not_of(blanks);
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace varde::fhir::text
