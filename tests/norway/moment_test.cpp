// Holds us to https://hl7.org/fhir/R4/datatypes.html#dateTime and W3C XML Schema dateTime, in Norwegian wall-clock
// time.
#include <gtest/gtest.h>

#include "norway/moment.h"
#include "server/interaction/text.h"

namespace varde::norway {
namespace {

std::string range(std::string_view text) {
  const auto span = parse_moment(text);
  return span ? interaction::fhir_instant(span->begin) + " " + interaction::fhir_instant(span->end) : "none";
}

TEST(Moment, a_time_without_zone_is_norwegian_in_winter_and_in_summer) {
  EXPECT_EQ(range("2026-01-31T10:00:00"), "2026-01-31T09:00:00.000Z 2026-01-31T09:00:01.000Z");
  EXPECT_EQ(range("2026-07-31T10:00"), "2026-07-31T08:00:00.000Z 2026-07-31T08:01:00.000Z");
}

TEST(Moment, a_day_is_as_long_as_that_day_was) {
  EXPECT_EQ(range("2026-03-29"), "2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z");
  EXPECT_EQ(range("2026-10-25"), "2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z");
  EXPECT_EQ(text_of(*parse_moment("2026-03-29")), "2026-03-29");
  EXPECT_EQ(oslo_words(*parse_moment("2026-10-25")), "25.10.2026");
}

TEST(Moment, zones_and_fractions_count) {
  EXPECT_EQ(range("2026-11-22T12:50:00.5+01:00").substr(0, 24), "2026-11-22T11:50:00.500Z");
  EXPECT_EQ(range("2026-11-22T12:50:00-05:30").substr(0, 24), "2026-11-22T18:20:00.000Z");
  EXPECT_EQ(text_of(*parse_moment("2026-11-22T11:50:00Z")), "2026-11-22T12:50:00+01:00");
}

TEST(Moment, months_and_years_are_ranges_too) {
  EXPECT_EQ(range("2026-12"), "2026-11-30T23:00:00.000Z 2026-12-31T23:00:00.000Z");
  EXPECT_EQ(range("2026"), "2025-12-31T23:00:00.000Z 2026-12-31T23:00:00.000Z");
}

TEST(Moment, what_is_no_date_is_none) {
  for (const char* text : {"", "x", "2026-13-01", "2026-02-30", "2026-1-1", "2026-11-22T", "2026-11-22T25:00",
                           "2026-11-22T10:00:00+1", "-026-01-01", "2026-11-22 10:00"})
    EXPECT_EQ(range(text), "none") << text;
}

TEST(Moment, spans_that_overlap_are_neither_before_nor_after) {
  const auto day = *parse_moment("2026-11-22"), noon = *parse_moment("2026-11-22T12:00"),
             next = *parse_moment("2026-11-23");
  EXPECT_FALSE(before(day, noon) || before(noon, day));
  EXPECT_TRUE(before(noon, next));
}

}  // namespace
}  // namespace varde::norway
