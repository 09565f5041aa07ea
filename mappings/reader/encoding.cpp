#include "mappings/reader/encoding.h"

#include <algorithm>
#include <string>

#include "fhir-model/xml/encoding.h"

namespace varde::mappings {
namespace {

namespace xml = fhir::xml;

bool has_utf16_mark(std::string_view bytes) { return bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE"); }

/// With a mark, or by the NUL beside its first character.
bool is_utf16(std::string_view bytes) {
  return has_utf16_mark(bytes) || bytes.starts_with(std::string_view("<\0", 2)) ||
         bytes.starts_with(std::string_view("\0<", 2));
}

/// The declaration of a UTF-16 text, in its ASCII letters.
std::string narrowed(std::string_view bytes) {
  constexpr std::size_t kLongestDeclaration = 400;
  std::string ascii;
  for (const char c : bytes.substr(has_utf16_mark(bytes) ? 2 : 0, kLongestDeclaration))
    if (c != '\0') ascii += c;
  return ascii;
}

bool names_utf16(std::string_view encoding) {
  std::string lower(encoding);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; });
  return lower.empty() || lower.starts_with("utf-16") || lower == "iso-10646-ucs-2";
}

bool has_nul(std::string_view bytes) {
  if (!is_utf16(bytes)) return bytes.find('\0') != bytes.npos;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    if (bytes[i] == '\0' && bytes[i + 1] == '\0') return true;
  return false;
}

}  // namespace

std::optional<Failure> encoding_problem(std::string_view bytes) {
  const bool contradicts = bytes.starts_with(xml::kUtf8Mark)
                               ? !xml::is_utf8_name(xml::declared_encoding(bytes))
                               : has_utf16_mark(bytes) && !names_utf16(xml::declared_encoding(narrowed(bytes)));
  if (contradicts)
    return Failure{Fault::encoding_invalid, "The byte order mark says another encoding than the declaration."};
  if (const auto declared = xml::declared_encoding(bytes);
      !is_utf16(bytes) && !declared.empty() && names_utf16(declared))
    return Failure{Fault::encoding_invalid, "The declaration says UTF-16, and the text is not."};
  if (is_utf16(bytes) && bytes.size() % 2 != 0)
    return Failure{Fault::encoding_invalid, "UTF-16 has two bytes a unit; the text breaks off in the middle of one."};
  if (has_nul(bytes)) return Failure{Fault::not_well_formed, "XML has no NUL character, not after its end either."};
  return std::nullopt;
}

}  // namespace varde::mappings
