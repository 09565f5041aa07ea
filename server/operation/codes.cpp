#include "server/operation/codes.h"

#include <algorithm>

#include "server/followup/codes.h"
#include "server/followup/measure.h"

namespace varde::operation {

std::string_view system_of(std::string_view key) { return key.substr(0, key.find('|')); }
std::string_view code_of(std::string_view key) {
  const auto bar = key.find('|');
  return bar == std::string_view::npos ? std::string_view{} : key.substr(bar + 1);
}

bool means(std::string_view token, std::string_view key) {
  if (token == key) return true;
  const auto is_measure = [&](std::string_view system, std::string_view code) {
    const auto* measure = followup::find_measure(std::string(system).append("|").append(code));
    return measure && measure->key == key;
  };
  const auto bar = token.find('|');
  if (bar != std::string_view::npos) return is_measure(token.substr(0, bar), token.substr(bar + 1));
  if (code_of(key) == token) return true;
  namespace systems = followup::codes;
  return is_measure(systems::kLoinc, token) || is_measure(systems::kSnomed, token) ||
         is_measure(systems::kNpu, token) || is_measure(systems::kMdc, token);
}

bool is_known(std::string_view token, const std::vector<std::string>& measured) {
  const auto& known = followup::measures();
  return std::any_of(known.begin(), known.end(), [&](const auto& measure) { return means(token, measure.key); }) ||
         std::any_of(measured.begin(), measured.end(), [&](const auto& key) { return means(token, key); });
}

std::vector<std::string> keys_meant(const std::vector<std::string>& tokens, const std::vector<std::string>& measured) {
  if (tokens.empty()) return measured;
  std::vector<std::string> keys;
  const auto add = [&](const std::string& key) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  };
  for (const auto& token : tokens) {
    bool known = false;
    for (const auto& measure : followup::measures()) {
      if (!means(token, measure.key)) continue;
      known = true;
      for (const auto& part : measure.parts)
        if (std::find(measured.begin(), measured.end(), part) != measured.end()) add(part);
      if (!measure.is_panel()) add(measure.key);
    }
    for (const auto& key : measured)
      if (means(token, key)) known = true, add(key);
    if (!known) add(token.find('|') == std::string::npos ? "|" + token : token);
  }
  return keys;
}

std::vector<std::string> narrower_codes(const std::vector<std::string>& tokens, std::string_view key) {
  std::vector<std::string> codes;
  if (!followup::find_measure(key)) return codes;
  for (const auto& token : tokens) {
    if (!means(token, key)) continue;
    const auto bar = token.find('|');
    const std::string code = bar == std::string::npos ? token : token.substr(bar + 1);
    const auto loinc = std::string(followup::codes::kLoinc).append("|").append(code);
    const bool is_loinc = (bar == std::string::npos || token == loinc) && followup::find_measure(loinc);
    if (!is_loinc || loinc == key) return {};
    codes.push_back(code);
  }
  return codes;
}

std::vector<std::string> alternatives(std::string_view text) {
  std::vector<std::string> found(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size())
      found.back() += text[++i];  // https://hl7.org/fhir/R4/search.html#escaping
    else if (text[i] == ',')
      found.emplace_back();
    else
      found.back() += text[i];
  }
  return found;
}

}  // namespace varde::operation
