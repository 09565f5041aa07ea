#pragma once
/// @file fhir-model/text/base64.h
/// Source: RFC 4648 4 (base64) and 5 (base64url; without padding, as RFC 7515 2 has it). Pure.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace varde::fhir::text {

std::string to_base64(std::string_view bytes);
/// How many letters that takes, and into room for as many.
constexpr std::size_t base64_letters(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
void write_base64(std::string_view bytes, char* out);
/// White space may stand between the letters, as in XML and FHIR; nullopt when it is not base64.
std::optional<std::string> from_base64(std::string_view text);

std::string to_base64url(std::string_view bytes);
/// Strict: nothing but its letters, no bits left over.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace varde::fhir::text
