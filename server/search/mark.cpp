#include "server/search/find.h"

namespace varde::search {

std::string Mark::encode() const {
  std::string out = gathered ? "g" : "w";
  const auto add = [&out](std::string_view kind, std::string_view text) {
    out += kind;
    out += std::to_string(text.size()) + ":";
    out += text;
  };
  add("i", std::to_string(driver));
  add("i", std::to_string(step));
  add("i", std::to_string(part));
  for (const Cell& one : at) {
    if (const auto* number = std::get_if<std::int64_t>(&one))
      add("i", std::to_string(*number));
    else
      add("t", std::get<std::string>(one));
  }
  return out;
}

std::optional<Mark> Mark::decode(std::string_view text) {
  if (text.empty() || (text.front() != 'g' && text.front() != 'w')) return std::nullopt;
  Mark out;
  out.gathered = text.front() == 'g';
  text.remove_prefix(1);
  while (!text.empty()) {
    const char kind = text.front();
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto size =
        static_cast<std::size_t>(std::strtoull(std::string(text.substr(1, colon - 1)).c_str(), nullptr, 10));
    if (size > text.size() - colon - 1) return std::nullopt;
    const std::string value(text.substr(colon + 1, size));
    text.remove_prefix(colon + 1 + size);
    if (kind == 'i')
      out.at.emplace_back(std::int64_t{std::strtoll(value.c_str(), nullptr, 10)});
    else
      out.at.emplace_back(value);
  }
  if (out.at.size() < 3) return std::nullopt;
  for (std::size_t i = 0; i < 3; ++i)
    if (!std::holds_alternative<std::int64_t>(out.at[i])) return std::nullopt;
  out.driver = static_cast<std::size_t>(std::get<std::int64_t>(out.at[0]));
  out.step = static_cast<std::size_t>(std::get<std::int64_t>(out.at[1]));
  out.part = static_cast<std::size_t>(std::get<std::int64_t>(out.at[2]));
  out.at.erase(out.at.begin(), out.at.begin() + 3);
  return out;
}

}  // namespace varde::search
