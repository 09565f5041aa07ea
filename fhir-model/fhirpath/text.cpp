#include "fhir-model/fhirpath/text.h"

#include <algorithm>

namespace varde::fhirpath {
namespace {

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

char32_t decode(std::string_view point) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(point[i]); };
  switch (point.size()) {
    case 2: return (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
    case 3: return (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    case 4: return (byte(0) & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu);
    default: return byte(0);
  }
}

constexpr bool between(char32_t c, char32_t low, char32_t high) { return c >= low && c <= high; }

/// Blocks where capital and small letters alternate; the capital is even in some, odd in others.
constexpr bool capital_is_even(char32_t c) {
  return between(c, 0x100, 0x137) || between(c, 0x14A, 0x177) || between(c, 0x1E00, 0x1E95) ||
         between(c, 0x1EA0, 0x1EFF) || between(c, 0x460, 0x481) || between(c, 0x48A, 0x4BF) || between(c, 0x4D0, 0x52F);
}
constexpr bool capital_is_odd(char32_t c) { return between(c, 0x139, 0x148) || between(c, 0x179, 0x17E); }

char32_t small(char32_t c) {
  if (between(c, 'A', 'Z') || (between(c, 0xC0, 0xDE) && c != 0xD7) || between(c, 0x391, 0x3A9) ||
      between(c, 0x410, 0x42F))
    return c + 0x20;
  if (between(c, 0x400, 0x40F)) return c + 0x50;
  if (c == 0x178) return 0xFF;
  if (c == 0x130) return 'i';
  if (capital_is_even(c) && c != 0x131) return c | 1;
  return capital_is_odd(c) && (c & 1) ? c + 1 : c;
}

char32_t capital(char32_t c) {
  if (between(c, 'a', 'z') || (between(c, 0xE0, 0xFE) && c != 0xF7) || (between(c, 0x3B1, 0x3C9) && c != 0x3C2) ||
      between(c, 0x430, 0x44F))
    return c - 0x20;
  if (between(c, 0x450, 0x45F)) return c - 0x50;
  if (c == 0xFF) return 0x178;
  if (c == 0x131) return 'I';
  if (capital_is_even(c) && c != 0x130) return c & ~char32_t{1};
  return capital_is_odd(c) && !(c & 1) ? c - 1 : c;
}

template <class Change>
std::string changed(std::string_view text, Change change) {
  std::string out;
  out.reserve(text.size());
  while (const std::size_t size = code_point_size(text)) {
    const std::string_view point = text.substr(0, size);
    const bool whole = size > 1 || static_cast<unsigned char>(point[0]) < 0x80;
    if (whole)
      append_utf8(change(decode(point)), out);
    else
      out += point;
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace

std::size_t code_point_size(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t wanted = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : (lead >= 0xC0 ? 2 : 1));
  if (text.size() < wanted) return 1;
  return std::ranges::all_of(text.substr(1, wanted - 1), is_continuation) ? wanted : 1;
}

std::size_t code_point_count(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(code_point_size(text));
  return count;
}

std::size_t byte_offset(std::string_view text, std::size_t code_points) {
  std::size_t offset = 0;
  for (; code_points > 0 && offset < text.size(); --code_points) offset += code_point_size(text.substr(offset));
  return offset;
}

std::string to_upper(std::string_view text) { return changed(text, capital); }
std::string to_lower(std::string_view text) { return changed(text, small); }

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : to_lower(text)) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

void append_utf8(char32_t code, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6), tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12), tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0);
  }
}

}  // namespace varde::fhirpath
