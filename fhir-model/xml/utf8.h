#pragma once
/// @file fhir-model/xml/utf8.h
/// Between the UTF-16 that Xerces speaks and the UTF-8 of everything else.
#include <string>
#include <string_view>

namespace varde::fhir::xml {

void append_code_point(char32_t code, std::string& out);
void append_utf8(std::u16string_view text, std::string& out);
std::string to_utf8(std::u16string_view text);

}  // namespace varde::fhir::xml
