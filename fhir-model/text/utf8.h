#pragma once
/// @file fhir-model/text/utf8.h
/// Whether bytes from outside are UTF-8. Source: RFC 3629. Pure.
#include <cstddef>
#include <string_view>

namespace varde::fhir::text {

/// Offset of the first sequence that is not UTF-8 (overlong, surrogate, beyond U+10FFFF, cut off); npos when all is
/// well.
std::size_t first_invalid_utf8(std::string_view bytes);
inline bool is_utf8(std::string_view bytes) { return first_invalid_utf8(bytes) == bytes.npos; }

}  // namespace varde::fhir::text
