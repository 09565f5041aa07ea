#include "fhir-model/terminology/selection.h"

#include <algorithm>

namespace varde::terminology {
namespace {

/// Letters of ASCII and Latin-1 (Æ, Ø, Å, É ...) in lower case; others as they are.
std::string lower(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    const bool after_c3 = i > 0 && static_cast<unsigned char>(out[i - 1]) == 0xC3;
    const bool latin_capital = after_c3 && c >= 0x80 && c <= 0x9E && c != 0x97;  // U+00C0 to U+00DE without ×
    if ((c >= 'A' && c <= 'Z') || latin_capital) out[i] = static_cast<char>(c + 0x20);
  }
  return out;
}

}  // namespace

Selection::Selection(const Wanted& wanted) : wanted_(wanted) {
  const std::string filter = lower(wanted.filter) + " ";
  std::string word;
  for (const char c : filter) {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words_.push_back(std::move(word));
      word.clear();
    }
  }
}

bool Selection::has_every_word(const Concept& candidate) const {
  if (words_.empty()) return true;
  const std::string code = lower(candidate.code), display = lower(candidate.display);
  return std::all_of(words_.begin(), words_.end(), [&](const std::string& word) {
    return code.find(word) != std::string::npos || display.find(word) != std::string::npos;
  });
}

void Selection::add(const Concept& candidate) {
  if (wanted_.budget != nullptr && !wanted_.budget->spend()) return;
  if (candidate.inactive && wanted_.inactive == Inactive::leave_out) return;
  if (candidate.abstract && wanted_.only_selectable) return;
  if (!has_every_word(candidate)) return;
  const std::size_t position = result_.total++;
  if (position >= wanted_.offset && result_.contains.size() < wanted_.count) result_.contains.push_back(candidate);
}

}  // namespace varde::terminology
