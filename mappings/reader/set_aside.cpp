#include "mappings/reader/set_aside.h"

#include <fmt/format.h>

namespace varde::mappings {
namespace {

constexpr std::string_view kToken = "VardeSetsThisBase64Aside";  ///< base64 itself, of 24 letters
constexpr std::size_t kMostPieces = 1000;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// 64: none.
unsigned value_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0' + 52);
  return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/// As Xerces counts: a line ends with LF, CR LF, or CR alone.
std::size_t count_lines(std::string_view text) {
  std::size_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && !text.substr(i + 1).starts_with('\n'))) ++lines;
  return lines;
}

std::size_t last_line(std::string_view text) {
  const auto end = text.find_last_of("\r\n");
  return end == text.npos ? text.size() : text.size() - end - 1;
}

}  // namespace

bool is_schema_base64(std::string_view text) {
  std::size_t letters = 0, padding = 0;
  unsigned last = 0;
  for (const char c : text) {
    if (is_space(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const unsigned value = value_of(c);
    if (value == 64 || padding > 0) return false;
    last = value, ++letters;
  }
  if (letters == 0 || (letters + padding) % 4 != 0 || padding > 2) return false;
  return padding == 0 || (last & (padding == 2 ? 15u : 3u)) == 0;
}

SetAside::SetAside(std::string_view bytes) : bytes_(bytes) {
  if (bytes.size() < kLeast || bytes.find(kToken) != bytes.npos) return;
  std::size_t kept = 0, line = 1;
  for (auto end = bytes.find('>'); end != bytes.npos && pieces_.size() < kMostPieces;) {
    const auto begin = end + 1, next = bytes.find('<', begin);
    if (next == bytes.npos) break;
    end = bytes.find('>', next);
    const auto piece = bytes.substr(begin, next - begin);
    if (piece.size() < kLeast || !is_schema_base64(piece)) continue;
    const auto before = bytes.substr(kept, begin - kept);
    auto token = fmt::format("{}{:04}", kToken, pieces_.size());
    text_.append(before).append(token);
    line += count_lines(before);
    pieces_.push_back({std::move(token), piece, line, last_line(text_) + 1, count_lines(piece)});
    kept = next;
  }
  if (!pieces_.empty()) text_.append(bytes.substr(kept));
}

std::string_view SetAside::meant_by(std::string_view text) const {
  for (const auto& piece : pieces_)
    if (text == piece.token) return piece.bytes;
  return {};
}

std::size_t SetAside::line_of(std::size_t line, std::size_t column) const {
  std::size_t more = 0;
  for (const auto& piece : pieces_)
    if (piece.line < line || (piece.line == line && piece.column <= column)) more += piece.lines;
  return line + more;
}

}  // namespace varde::mappings
