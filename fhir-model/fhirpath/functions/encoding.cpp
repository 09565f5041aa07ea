/// encode, decode, escape, unescape: https://hl7.org/fhirpath/#additional-string-functions
#include <array>
#include <utility>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/text.h"

namespace varde::fhirpath::functions {
namespace {

using Text = std::string_view;
using Coded = std::optional<std::string>;

constexpr Text kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr Text kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr Text kHex = "0123456789abcdef";

std::string to_base64(Text bytes, Text alphabet) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    const std::size_t there = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 4; ++k) out += k <= there ? alphabet[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

Coded from_base64(Text text, Text alphabet) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  unsigned bits = 0, count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == Text::npos) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(value);
    if ((count += 6) < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  return count < 6 ? Coded(out) : std::nullopt;
}

std::string to_hex(Text bytes) {
  std::string out;
  for (const char c : bytes) out += {kHex[static_cast<unsigned char>(c) >> 4], kHex[c & 15]};
  return out;
}

Coded from_hex(Text text) {
  if (text.size() % 2) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHex.find(to_lower(text.substr(i, 1))), low = kHex.find(to_lower(text.substr(i + 1, 1)));
    if (high == Text::npos || low == Text::npos) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

using Pair = std::pair<Text, Text>;
constexpr std::array kHtml{Pair{"&", "&amp;"}, Pair{"<", "&lt;"}, Pair{">", "&gt;"}, Pair{"\"", "&quot;"},
                           Pair{"'", "&#39;"}};
constexpr std::array kJson{Pair{"\\", "\\\\"}, Pair{"\"", "\\\""}, Pair{"\n", "\\n"}, Pair{"\r", "\\r"},
                           Pair{"\t", "\\t"},  Pair{"\b", "\\b"},  Pair{"\f", "\\f"}};

/// Every first of a pair by its second, or the other way.
template <std::size_t N>
std::string exchanged(Text text, const std::array<Pair, N>& pairs, bool back) {
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 0;
    for (const auto& [plain, escaped] : pairs) {
      const Text from = back ? escaped : plain;
      if (!text.starts_with(from)) continue;
      out += back ? plain : escaped;
      taken = from.size();
      break;
    }
    if (taken == 0) out += text.front(), taken = 1;
    text.remove_prefix(taken);
  }
  return out;
}

Coded encoded(Text text, Text format) {
  if (format == "base64") return to_base64(text, kBase64);
  if (format == "urlbase64") return to_base64(text, kBase64Url);
  if (format == "hex") return to_hex(text);
  return std::nullopt;
}
Coded decoded(Text text, Text format) {
  if (format == "base64") return from_base64(text, kBase64);
  if (format == "urlbase64") return from_base64(text, kBase64Url);
  if (format == "hex") return from_hex(text);
  return std::nullopt;
}
Coded escaped(Text text, Text target) {
  if (target == "html") return exchanged(text, kHtml, false);
  if (target == "json") return exchanged(text, kJson, false);
  return std::nullopt;
}
Coded unescaped(Text text, Text target) {
  if (target == "html") return exchanged(text, kHtml, true);
  if (target == "json") return exchanged(text, kJson, true);
  return std::nullopt;
}

Collection coded(Call& call, Coded (*code)(Text, Text)) {
  const auto text = call.only_string();
  const auto format = call.string(0);
  if (!text || !format) return {};
  auto out = code(*text, *format);
  return out ? Collection{Item(std::move(*out))} : Collection{};
}

}  // namespace

Collection encode(Call& call) { return coded(call, encoded); }
Collection decode(Call& call) { return coded(call, decoded); }
Collection escape(Call& call) { return coded(call, escaped); }
Collection unescape(Call& call) { return coded(call, unescaped); }

}  // namespace varde::fhirpath::functions
