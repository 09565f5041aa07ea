/// Source: almanakk for Norge (Universitetet i Oslo), the years 2024 to 2027 and the extremes of Easter.
#include "norway/holidays.h"

#include <gtest/gtest.h>

#include <vector>

namespace varde::norway {
namespace {

using namespace std::chrono;

local_days day(int y, unsigned m, unsigned d) { return local_days(year(y) / month(m) / std::chrono::day(d)); }

TEST(Holidays, easter_falls_as_the_almanac_says) {
  EXPECT_EQ(easter_sunday(year(2024)), day(2024, 3, 31));
  EXPECT_EQ(easter_sunday(year(2025)), day(2025, 4, 20));
  EXPECT_EQ(easter_sunday(year(2026)), day(2026, 4, 5));
  EXPECT_EQ(easter_sunday(year(2027)), day(2027, 3, 28));
  EXPECT_EQ(easter_sunday(year(1818)), day(1818, 3, 22)) << "the earliest there is";
  EXPECT_EQ(easter_sunday(year(1943)), day(1943, 4, 25)) << "the latest there is";
  EXPECT_EQ(easter_sunday(year(1954)), day(1954, 4, 18)) << "an exception of the older rules";
}

TEST(Holidays, a_year_has_its_twelve) {
  std::vector<local_days> found;
  for (auto at = day(2026, 1, 1); at < day(2027, 1, 1); at += days(1))
    if (!holiday(at).empty()) found.push_back(at);
  EXPECT_EQ(found, (std::vector{day(2026, 1, 1), day(2026, 4, 2), day(2026, 4, 3), day(2026, 4, 5), day(2026, 4, 6),
                                day(2026, 5, 1), day(2026, 5, 14), day(2026, 5, 17), day(2026, 5, 24), day(2026, 5, 25),
                                day(2026, 12, 25), day(2026, 12, 26)}));
  EXPECT_EQ(holiday(day(2026, 5, 14)), "Kristi himmelfartsdag");
  EXPECT_EQ(holiday(day(2026, 4, 4)), "") << "Easter Saturday is a Saturday like others";
}

TEST(Holidays, of_the_working_days_weekends_and_holidays_are_none) {
  EXPECT_TRUE(is_working_day(day(2026, 11, 26)));
  EXPECT_FALSE(is_working_day(day(2026, 11, 28))) << "Saturday";
  EXPECT_FALSE(is_working_day(day(2026, 11, 29))) << "Sunday";
  EXPECT_FALSE(is_working_day(day(2026, 5, 1))) << "a Friday";
  EXPECT_FALSE(is_working_day(day(2027, 5, 17))) << "a Monday";
  EXPECT_TRUE(is_working_day(day(2026, 12, 24))) << "the day before is no holiday by law";
}

}  // namespace
}  // namespace varde::norway
