#include "norway/holidays.h"

#include <algorithm>
#include <array>

namespace varde::norway {
namespace {

using std::chrono::days;
using std::chrono::local_days;

struct Fixed {
  unsigned month, day;
  std::string_view name;
};
struct Movable {
  int after_easter;  ///< days
  std::string_view name;
};
// clang-format off
constexpr std::array kFixed{
    Fixed{1, 1,   "Første nyttårsdag"},
    Fixed{5, 1,   "Offentlig høytidsdag 1. mai"},
    Fixed{5, 17,  "Grunnlovsdagen"},
    Fixed{12, 25, "Første juledag"},
    Fixed{12, 26, "Andre juledag"},
};
constexpr std::array kMovable{
    Movable{-3, "Skjærtorsdag"},
    Movable{-2, "Langfredag"},
    Movable{0,  "Første påskedag"},
    Movable{1,  "Andre påskedag"},
    Movable{39, "Kristi himmelfartsdag"},
    Movable{49, "Første pinsedag"},
    Movable{50, "Andre pinsedag"},
};
// clang-format on

}  // namespace

local_days easter_sunday(std::chrono::year year) {
  // The letters are those of the published algorithm.
  const int y = static_cast<int>(year);
  const int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
  return local_days(year / std::chrono::month(static_cast<unsigned>(n / 31)) /
                    std::chrono::day(static_cast<unsigned>(n % 31 + 1)));
}

std::string_view holiday(local_days day) {
  const std::chrono::year_month_day date(day);
  const auto fixed = std::find_if(kFixed.begin(), kFixed.end(), [&](const Fixed& each) {
    return static_cast<unsigned>(date.month()) == each.month && static_cast<unsigned>(date.day()) == each.day;
  });
  if (fixed != kFixed.end()) return fixed->name;
  const auto distance = (day - easter_sunday(date.year())).count();
  const auto movable = std::find_if(kMovable.begin(), kMovable.end(),
                                    [&](const Movable& each) { return each.after_easter == distance; });
  return movable == kMovable.end() ? std::string_view{} : movable->name;
}

bool is_working_day(local_days day) {
  const std::chrono::weekday weekday(day);
  return weekday != std::chrono::Saturday && weekday != std::chrono::Sunday && holiday(day).empty();
}

}  // namespace varde::norway
