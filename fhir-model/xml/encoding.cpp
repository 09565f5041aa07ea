#include "fhir-model/xml/encoding.h"

#include <algorithm>

namespace varde::fhir::xml {

std::string_view declared_encoding(std::string_view bytes) {
  if (bytes.starts_with(kUtf8Mark)) bytes.remove_prefix(kUtf8Mark.size());
  if (!bytes.starts_with("<?xml")) return {};
  const std::string_view declaration = bytes.substr(0, bytes.find("?>"));
  std::size_t at = declaration.find("encoding");
  if (at == declaration.npos) return {};
  at = declaration.find_first_of("\"'", at);
  if (at == declaration.npos) return {};
  return declaration.substr(at + 1, declaration.find(declaration[at], at + 1) - at - 1);
}

bool is_utf8_name(std::string_view encoding) {
  const auto same = [&](std::string_view lower) {
    return std::ranges::equal(encoding, lower, {}, [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; });
  };
  return encoding.empty() || same("utf-8") || same("us-ascii");
}

}  // namespace varde::fhir::xml
