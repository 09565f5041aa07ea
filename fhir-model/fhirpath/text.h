#pragma once
/// @file fhir-model/fhirpath/text.h
/// UTF-8 text by code points, as FHIRPath's string functions count it.
/// Text that is not UTF-8 is taken byte by byte. Pure.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace varde::fhirpath {

/// Length in bytes of the code point that starts at the front; 0 at the end.
std::size_t code_point_size(std::string_view text);
std::size_t code_point_count(std::string_view text);
/// Byte offset of the n-th code point, at most the text's size.
std::size_t byte_offset(std::string_view text, std::size_t code_points);

/// Latin, Greek and Cyrillic letters change; all else stays.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
/// Lower case, white space as single blanks, none at the ends: equivalent texts are alike.
std::string folded(std::string_view text);

void append_utf8(char32_t code, std::string& out);

}  // namespace varde::fhirpath
