#pragma once
/// @file fhir-model/text/lower.h
/// Small letters for the capital ones of ASCII: of names that have no case by their standard. Other bytes stay. Pure.
#include <string>
#include <string_view>

namespace varde::fhir::text {

constexpr char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

inline std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_ascii(c);
  return out;
}

}  // namespace varde::fhir::text
