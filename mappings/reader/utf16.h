#pragma once
/// @file mappings/reader/utf16.h
/// What Xerces speaks (UTF-16) to and from UTF-8.
#include <string>
#include <string_view>

namespace varde::mappings {

/// Appends; a lone surrogate (Xerces lets none through) becomes U+FFFD.
void append_utf8(std::u16string_view text, std::string& out);
std::string to_utf8(const char16_t* text);
std::u16string to_utf16(std::string_view utf8);  ///< of well-formed UTF-8

}  // namespace varde::mappings
