#include "fhir-model/patch/pointer.h"

#include <algorithm>
#include <charconv>

namespace varde::fhir::patch {
namespace {

constexpr std::size_t kLongestShown = 120;

std::optional<std::string> unescaped(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      out += step[i];
      continue;
    }
    if (++i == step.size() || (step[i] != '0' && step[i] != '1')) return std::nullopt;
    out += step[i] == '0' ? '~' : '/';
  }
  return out;
}

}  // namespace

std::optional<Pointer> Pointer::parse(std::string_view text) {
  Pointer out;
  out.written_ = text;
  while (!text.empty()) {
    if (text.front() != '/') return std::nullopt;
    text.remove_prefix(1);
    const std::size_t slash = std::min(text.find('/'), text.size());
    auto step = unescaped(text.substr(0, slash));
    if (!step) return std::nullopt;
    out.steps_.push_back(std::move(*step));
    text.remove_prefix(slash);
  }
  return out;
}

bool Pointer::is_inside(const Pointer& other) const {
  return steps_.size() > other.steps_.size() && std::equal(other.steps_.begin(), other.steps_.end(), steps_.begin());
}

std::string Pointer::text() const {
  if (written_.empty()) return "\"\"";
  if (written_.size() <= kLongestShown) return written_;
  std::size_t end = kLongestShown;
  while ((static_cast<unsigned char>(written_[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return written_.substr(0, end) + "...";
}

std::optional<std::size_t> list_index(std::string_view step) {
  if (step.empty() || step.size() > 9 || (step.size() > 1 && step[0] == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc{} || end != step.data() + step.size()) return std::nullopt;
  return index;
}

}  // namespace varde::fhir::patch
