#include "norway/identity_number.h"

#include <algorithm>
#include <array>

namespace varde::norway {

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

std::string_view kind_of_number(std::string_view number) {
  if (!has_valid_check_digits(number)) return {};
  return number[0] < '4' ? "FNR" : number[0] < '8' ? "DNR" : "FHN";
}

bool is_synthetic(std::string_view number) {
  if (kind_of_number(number) != "FNR" && kind_of_number(number) != "DNR") return false;
  const int month = 10 * (number[2] - '0') + (number[3] - '0');
  constexpr std::array kAdded{40, 65, 80};
  return std::ranges::any_of(kAdded, [&](int added) { return month > added && month <= added + 12; });
}

bool is_valid_number(std::string_view kind, std::string_view number) {
  constexpr std::size_t kDufDigits = 12;
  if (kind == "FNR" || kind == "DNR") return kind_of_number(number) == "FNR" || kind_of_number(number) == "DNR";
  if (kind == "FHN") return kind_of_number(number) == "FHN";
  if (kind == "DUF")
    return number.size() == kDufDigits && std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
  return true;
}

}  // namespace varde::norway
