#include "mappings/reader/utf16.h"

#include <algorithm>

namespace varde::mappings {
namespace {

void append(char32_t c, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
  }
  tail(0);
}

}  // namespace

void append_utf8(std::u16string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    // Almost all of a message is ASCII: copied in runs.
    const auto run = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(),
                                  [](char16_t unit) { return unit >= 0x80; });
    const auto length = static_cast<std::size_t>(run - text.begin()) - i;
    out.append(text.begin() + static_cast<std::ptrdiff_t>(i), run);
    i += length;
    if (i == text.size()) return;
    char32_t c = text[i];
    if (c >= 0xD800 && c <= 0xDFFF) {
      const bool pair = c < 0xDC00 && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] <= 0xDFFF;
      c = pair ? 0x10000 + ((c - 0xD800) << 10) + (text[++i] - 0xDC00) : U'\uFFFD';
    }
    append(c, out);
  }
}

std::string to_utf8(const char16_t* text) {
  std::string out;
  if (text) append_utf8(text, out);
  return out;
}

std::u16string to_utf16(std::string_view utf8) {
  std::u16string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i++]);
    const int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    char32_t c = more == 0 ? lead : lead & (0x3F >> more);
    for (int k = 0; k < more && i < utf8.size(); ++k) c = (c << 6) | (static_cast<unsigned char>(utf8[i++]) & 0x3F);
    if (c < 0x10000) {
      out += static_cast<char16_t>(c);
    } else {
      out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

}  // namespace varde::mappings
