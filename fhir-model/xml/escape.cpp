#include "fhir-model/xml/escape.h"

namespace varde::fhir::xml {
namespace {

// XML has no way to write what it may not hold; the replacement character shows that something stood here.
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Bytes of the UTF-8 character at the start of `text` that XML may hold; 0 when it may not.
std::size_t legal(std::string_view text) {
  const auto c = static_cast<unsigned char>(text[0]);
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r' ? 1 : 0;
  if (c < 0x80) return 1;
  const std::size_t size = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 0;
  if (size == 0 || text.size() < size) return 0;
  if (text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF")) return 0;  // U+FFFE, U+FFFF
  for (std::size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  return size;
}

/// Empty: it may stand as it is.
std::string_view reference(char c, Escape place) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return place == Escape::attribute ? "&quot;" : "";
    case '\n': return place == Escape::attribute ? "&#xA;" : "";
    case '\t': return place == Escape::attribute ? "&#x9;" : "";
    case '\r': return "&#xD;";
    default: return {};
  }
}

}  // namespace

void append_escaped(std::string_view text, Escape place, std::string& out) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = legal(text.substr(i));
    const std::string_view instead = size == 0 ? kReplacement : reference(text[i], place);
    const std::size_t taken = size == 0 ? 1 : size;
    if (!instead.empty()) {
      out.append(text, plain, i - plain).append(instead);
      plain = i + taken;
    }
    i += taken;
  }
  out.append(text, plain);
}

std::string escaped(std::string_view text, Escape place) {
  std::string out;
  out.reserve(text.size());
  append_escaped(text, place, out);
  return out;
}

}  // namespace varde::fhir::xml
