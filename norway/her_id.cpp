#include "norway/her_id.h"

namespace varde::norway {

std::string plain_her_id(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (c != '.' && c != ' ' && c != '\t' && c != '\n' && c != '\r')
      return {};
  }
  return digits;
}

bool is_her_id(std::string_view text) {
  constexpr std::size_t kLongest = 10;
  const auto digits = plain_her_id(text);
  return digits.size() <= kLongest && digits.find_first_not_of('0') != std::string::npos;
}

}  // namespace varde::norway
