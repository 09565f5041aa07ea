#include "fhir-model/fhirpath/lexer.h"

#include <fmt/format.h>

namespace varde::fhir {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool is_word(char c) { return is_letter(c) || is_digit(c); }

auto malformed(std::string_view what, std::size_t at) {
  return fail(Fault::parameter_malformed, fmt::format("FHIRPath: {} at character {}.", what, at + 1));
}

void append_utf8(unsigned code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

}  // namespace

Result<void> Lexer::skip_blank_and_comments() {
  for (;;) {
    take_while([](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    if (at("//")) {
      take_while([](char c) { return c != '\n'; });
    } else if (at("/*")) {
      const std::size_t close = text_.find("*/", position_ + 2);
      if (close == std::string_view::npos) return malformed("a comment is not closed", position_);
      position_ = close + 2;
    } else {
      return {};
    }
  }
}

Result<void> Lexer::unescape(std::string& out) {
  const std::size_t start = position_++;
  const char c = peek();
  ++position_;
  switch (c) {
    case 'f': out += '\f'; return {};
    case 'n': out += '\n'; return {};
    case 'r': out += '\r'; return {};
    case 't': out += '\t'; return {};
    case '\'':
    case '"':
    case '`':
    case '\\':
    case '/': out += c; return {};
    case 'u': {
      unsigned code = 0;
      for (int i = 0; i < 4; ++i, ++position_) {
        const char hex = peek();
        if (!is_digit(hex) && !(hex >= 'a' && hex <= 'f') && !(hex >= 'A' && hex <= 'F'))
          return malformed("\\u needs four hexadecimal digits", start);
        code = code * 16 + static_cast<unsigned>(is_digit(hex) ? hex - '0' : (hex | 0x20) - 'a' + 10);
      }
      append_utf8(code, out);
      return {};
    }
    default: return malformed("an unknown escape", start);
  }
}

Result<std::string> Lexer::quoted(char quote) {
  const std::size_t start = position_++;
  std::string out;
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == quote) {
      ++position_;
      return out;
    }
    if (c == '\\') {
      FHIR_TRY(unescape(out));
    } else {
      out += c;
      ++position_;
    }
  }
  return malformed(fmt::format("{} is not closed", quote), start);
}

/// @2015-02-04T14:34:28+09:00, @2015, @T14:34
Token Lexer::temporal() {
  const auto digits_and_colons = [](char c) { return is_digit(c) || c == ':'; };
  const auto take_clock = [&] {
    std::string clock(take_while(digits_and_colons));
    if (peek() != '.' || !is_digit(peek(1))) return clock;  // a dot may begin the next step: @T14.is(Time)
    ++position_;
    return clock + '.' + std::string(take_while(is_digit));
  };
  Token token{Token::Kind::date, {}, position_++};
  if (peek() == 'T') {
    ++position_;
    token.kind = Token::Kind::time;
    token.text = take_clock();
    return token;
  }
  token.text = take_while([](char c) { return is_digit(c) || c == '-'; });
  if (peek() != 'T') return token;
  token.kind = Token::Kind::date_time;
  token.text += 'T';
  ++position_;
  token.text += take_clock();
  if (peek() == 'Z') {
    token.text += 'Z';
    ++position_;
  } else if ((peek() == '+' || peek() == '-') && is_digit(peek(1)) && is_digit(peek(2)) && peek(3) == ':') {
    token.text += text_.substr(position_, 6);
    position_ += 6;
    if (position_ > text_.size()) position_ = text_.size();
  }
  return token;
}

Result<Token> Lexer::next() {
  using Kind = Token::Kind;
  FHIR_TRY(skip_blank_and_comments());
  const std::size_t start = position_;
  if (start >= text_.size()) return Token{Kind::end, {}, start};
  const char c = peek();
  if (is_letter(c)) return Token{Kind::name, std::string(take_while(is_word)), start};
  if (is_digit(c)) {
    std::string number(take_while(is_digit));
    if (peek() == '.' && is_digit(peek(1))) {
      number += '.';
      ++position_;
      number += take_while(is_digit);
    }
    return Token{Kind::number, std::move(number), start};
  }
  if (c == '@') return temporal();
  if (c == '\'' || c == '"' || c == '`') {
    auto text = quoted(c);
    FHIR_TRY(text);
    return Token{c == '\'' ? Kind::string : Kind::quoted_name, std::move(*text), start};
  }
  if (c == '$') {
    ++position_;
    return Token{Kind::variable, "$" + std::string(take_while(is_word)), start};
  }
  if (c == '%') {
    ++position_;
    if (peek() == '\'' || peek() == '`' || peek() == '"') {
      auto text = quoted(peek());
      FHIR_TRY(text);
      return Token{Kind::variable, "%" + *text, start};
    }
    return Token{Kind::variable, "%" + std::string(take_while([](char w) { return is_word(w) || w == '-'; })), start};
  }
  for (const std::string_view two : {"<=", ">=", "!=", "!~"})
    if (at(two)) {
      position_ += 2;
      return Token{Kind::symbol, std::string(two), start};
    }
  if (std::string_view("().[]{},|=~<>+-*/&").find(c) == std::string_view::npos)
    return malformed("a character that has no meaning here", start);
  ++position_;
  return Token{Kind::symbol, std::string(1, c), start};
}

}  // namespace varde::fhir
