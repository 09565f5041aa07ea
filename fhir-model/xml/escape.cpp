#include "fhir-model/xml/escape.h"

namespace varde::fhir::xml {
namespace {

std::string_view reference(char c, Escape place) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return place == Escape::attribute ? "&quot;" : "";
    case '\n': return place == Escape::attribute ? "&#xA;" : "";
    case '\t': return place == Escape::attribute ? "&#x9;" : "";
    case '\r': return "&#xD;";
    // XML 1.0 has no way to write other control characters; the replacement character shows that one stood here.
    default: return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? "\xEF\xBF\xBD" : "";
  }
}

}  // namespace

void append_escaped(std::string_view text, Escape place, std::string& out) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view instead = reference(text[i], place);
    if (instead.empty()) continue;
    out.append(text, plain, i - plain).append(instead);
    plain = i + 1;
  }
  out.append(text, plain);
}

}  // namespace varde::fhir::xml
