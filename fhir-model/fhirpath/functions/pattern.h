#pragma once
/// @file fhir-model/fhirpath/functions/pattern.h
/// Regular expressions of matches() and its like, by RE2: time is linear in the text, whatever the pattern.
/// Source: https://hl7.org/fhirpath/N1/#matchesregex-string-boolean; a dot also matches a line's end.
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace re2 {
class RE2;
}

namespace varde::fhirpath {

struct FunctionRow;

using Pattern = std::shared_ptr<const re2::RE2>;
/// The error says what is wrong with the pattern.
tl::expected<Pattern, std::string> compile_pattern(std::string_view text);
/// Whether the function's first argument is a pattern.
bool takes_pattern(const FunctionRow& function);

}  // namespace varde::fhirpath
