#include "fhir-model/text/base64.h"

#include <array>
#include <cstdint>

namespace varde::fhir::text {
namespace {

using Values = std::array<std::uint8_t, 256>;

constexpr std::uint8_t kNone = 64;  // no letter

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr Values values_of(std::string_view letters) {
  Values out{};
  out.fill(kNone);
  for (std::size_t i = 0; i < letters.size(); ++i)
    out[static_cast<unsigned char>(letters[i])] = static_cast<std::uint8_t>(i);
  return out;
}
constexpr Values kValues = values_of(kLetters), kUrlValues = values_of(kUrlLetters);

/// Without padding; behind the last letter.
char* encode(std::string_view bytes, std::string_view letters, char* out) {
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) *out++ = letters[bits >> (held - 6) & 63];
  }
  if (held > 0) *out++ = letters[bits << (6 - held) & 63];
  return out;
}

/// Takes letters in turn; what they stand for.
class Decoder {
 public:
  Decoder(const Values& values, std::size_t letters) : values_(values) { bytes_.reserve(letters / 4 * 3 + 3); }

  /// False: none of the letters.
  bool take(char letter) {
    const std::uint32_t value = values_[static_cast<unsigned char>(letter)];
    if (value == kNone) return false;
    bits_ = bits_ << 6 | value, held_ += 6;
    if (held_ >= 8) held_ -= 8, bytes_ += static_cast<char>(bits_ >> held_ & 0xFF);
    return true;
  }
  bool has_bits_left() const { return (bits_ & ((1u << held_) - 1)) != 0; }
  std::string bytes() && { return std::move(bytes_); }

 private:
  const Values& values_;
  std::string bytes_;
  std::uint32_t bits_ = 0;
  unsigned held_ = 0;
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

void write_base64(std::string_view bytes, char* out) {
  const char* const end = out + base64_letters(bytes.size());
  for (out = encode(bytes, kLetters, out); out != end;) *out++ = '=';
}

std::string to_base64(std::string_view bytes) {
  std::string out(base64_letters(bytes.size()), '\0');
  write_base64(bytes, out.data());
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  Decoder decoder(kValues, text.size());
  std::size_t count = 0, padding = 0;
  for (const char c : text) {
    if (is_space(c)) continue;
    if (c == '=')
      ++padding;
    else if (padding > 0 || !decoder.take(c))
      return std::nullopt;
    ++count;
  }
  if (count % 4 != 0 || padding > 2) return std::nullopt;
  return std::move(decoder).bytes();
}

std::string to_base64url(std::string_view bytes) {
  std::string out(base64_letters(bytes.size()), '\0');
  out.resize(static_cast<std::size_t>(encode(bytes, kUrlLetters, out.data()) - out.data()));
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  Decoder decoder(kUrlValues, text.size());
  for (const char c : text)
    if (!decoder.take(c)) return std::nullopt;
  if (decoder.has_bits_left()) return std::nullopt;
  return std::move(decoder).bytes();
}

}  // namespace varde::fhir::text
