#pragma once
/// @file fhir-model/xml/escape.h
/// Characters that XML needs as references. In attributes also line breaks and tabs, which a reader would turn into
/// spaces.
#include <cstdint>
#include <string>
#include <string_view>

namespace varde::fhir::xml {

enum class Escape : std::uint8_t { attribute, text };
void append_escaped(std::string_view text, Escape place, std::string& out);
/// For either place, unless said.
std::string escaped(std::string_view text, Escape place = Escape::attribute);

}  // namespace varde::fhir::xml
