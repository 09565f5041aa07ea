#pragma once
/// @file fhir-model/fhirpath/lexer.h
/// Words of a FHIRPath expression. Source: https://hl7.org/fhirpath/N1/#lexical-elements
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"

namespace varde::fhir {

struct Token {
  enum class Kind : std::uint8_t { end, name, quoted_name, string, number, date, date_time, time, variable, symbol };
  Kind kind = Kind::end;
  std::string text = {};  ///< unescaped; a symbol as written
  std::size_t at = 0;     ///< offset in the expression

  bool is(Kind wanted, std::string_view wanted_text) const { return kind == wanted && text == wanted_text; }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Result<Token> next();

 private:
  Result<void> skip_blank_and_comments();
  Result<std::string> quoted(char quote);
  Result<void> unescape(std::string& out);
  Token temporal();
  bool at(std::string_view wanted) const { return text_.substr(position_).starts_with(wanted); }
  char peek(std::size_t ahead = 0) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }
  template <class Accept>
  std::string_view take_while(Accept accept) {
    const std::size_t start = position_;
    while (position_ < text_.size() && accept(text_[position_])) ++position_;
    return text_.substr(start, position_ - start);
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace varde::fhir
