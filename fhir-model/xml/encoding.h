#pragma once
/// @file fhir-model/xml/encoding.h
/// What an XML text says of its own encoding. Source: https://www.w3.org/TR/xml/#charencoding
#include <string_view>

namespace varde::fhir::xml {

inline constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

/// encoding="…" of an XML declaration at the front, after a byte order mark; empty when there is none.
std::string_view declared_encoding(std::string_view bytes);
/// "UTF-8" in any case, its subset US-ASCII, or nothing said.
bool is_utf8_name(std::string_view encoding);

}  // namespace varde::fhir::xml
