/// encode, decode, escape, unescape: https://hl7.org/fhirpath/#additional-string-functions
#include <array>
#include <utility>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/text.h"
#include "fhir-model/text/base64.h"

namespace varde::fhirpath::functions {
namespace {

using Text = std::string_view;
using Coded = std::optional<std::string>;

constexpr Text kHex = "0123456789abcdef";

/// base64url with the padding that JOSE leaves out.
std::string to_padded_base64url(Text bytes) {
  std::string out = fhir::text::to_base64url(bytes);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

/// The padding may be there or not.
Coded from_any_base64url(Text text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return fhir::text::from_base64url(text);
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
  if (format == "base64") return fhir::text::to_base64(text);
  if (format == "urlbase64") return to_padded_base64url(text);
  if (format == "hex") return to_hex(text);
  return std::nullopt;
}
Coded decoded(Text text, Text format) {
  if (format == "base64") return fhir::text::from_base64(text);
  if (format == "urlbase64") return from_any_base64url(text);
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
