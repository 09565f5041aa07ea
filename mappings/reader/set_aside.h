#pragma once
/// @file mappings/reader/set_aside.h
/// Large attachments do not go through the parser, which would copy them a dozen times: a short token stands for each
/// in the text that is parsed, and what it stands for is looked at where it lies. Only base64 that xs:base64Binary
/// would take (XML Schema 1.0 Part 2 §3.2.16) is set aside, so the schema's verdict is the same.
/// Pure; any thread.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace varde::mappings {

/// Base64 letters and white space, in groups of four, padded, without bits that stand for nothing.
bool is_schema_base64(std::string_view text);

class SetAside {
 public:
  static constexpr std::size_t kLeast = 64u << 10;  ///< bytes; what is shorter is parsed as it stands

  /// `bytes` outlives this.
  explicit SetAside(std::string_view bytes);

  bool empty() const { return pieces_.empty(); }
  std::size_t size() const { return pieces_.size(); }
  std::string_view text() const { return pieces_.empty() ? bytes_ : std::string_view(text_); }  ///< to be parsed
  /// What that text of an element stands for; empty: itself.
  std::string_view meant_by(std::string_view text) const;
  /// The line in the bytes of what stands at that line and column of the text.
  std::size_t line_of(std::size_t line, std::size_t column) const;

 private:
  struct Piece {
    std::string token;
    std::string_view bytes;
    std::size_t line, column;  ///< behind the token, in the text
    std::size_t lines;         ///< that the bytes have more than the token
  };
  std::string_view bytes_;
  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace varde::mappings
