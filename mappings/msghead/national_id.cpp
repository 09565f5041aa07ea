#include "mappings/msghead/national_id.h"

#include <algorithm>
#include <array>

namespace varde::mappings::msghead {

bool has_valid_check_digits(std::string_view number) {
  constexpr std::array first{3, 7, 6, 1, 8, 9, 4, 5, 2, 1};
  constexpr std::array second{5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
  if (number.size() != 11 || !std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; })) return false;
  const auto divides = [&](const auto& weights) {
    int sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * (number[i] - '0');
    return sum % 11 == 0;
  };
  return divides(first) && divides(second);
}

}  // namespace varde::mappings::msghead
