#pragma once
/// @file fhir-model/xml/utf8.h
/// Between the UTF-16 that Xerces speaks and the UTF-8 of everything else.
#include <cstddef>
#include <string>
#include <string_view>

namespace varde::fhir::xml {

/// Offset of the first byte that is not UTF-8 (overlong, surrogate, cut off); npos when all is well.
std::size_t first_invalid_utf8(std::string_view text);
void append_code_point(char32_t code, std::string& out);
void append_utf8(std::u16string_view text, std::string& out);
std::string to_utf8(std::u16string_view text);

}  // namespace varde::fhir::xml
