/// XML Schema part 2 (dateTime, date), FHIR R4 dateTime, summer time in Norway.
#include "norway/message_time.h"

#include <gtest/gtest.h>

namespace varde::norway {
namespace {

TEST(NorwegianTime, gets_the_offset_of_its_season_and_keeps_the_clock) {
  EXPECT_EQ(to_fhir_time("2018-01-29T10:00:00"), "2018-01-29T10:00:00+01:00");
  EXPECT_EQ(to_fhir_time("2018-07-29T10:00:00.250"), "2018-07-29T10:00:00.250+02:00");
}

TEST(NorwegianTime, changes_on_the_last_sunday_of_march_and_october) {
  EXPECT_EQ(to_fhir_time("2026-03-29T01:59:59"), "2026-03-29T01:59:59+01:00");
  EXPECT_EQ(to_fhir_time("2026-03-29T03:00:00"), "2026-03-29T03:00:00+02:00");
  EXPECT_EQ(to_fhir_time("2026-10-25T02:59:59"), "2026-10-25T02:59:59+02:00");  // the first time round
  EXPECT_EQ(to_fhir_time("2026-10-25T03:00:00"), "2026-10-25T03:00:00+01:00");
  EXPECT_EQ(to_fhir_time("1995-10-01T12:00:00"), "1995-10-01T12:00:00+01:00");  // until 1995 in September
  EXPECT_EQ(to_fhir_time("1970-07-01T12:00:00"), "1970-07-01T12:00:00+01:00");
}

TEST(NorwegianTime, keeps_an_offset_that_is_given) {
  EXPECT_EQ(to_fhir_time("2006-05-04T12:34:56.0Z"), "2006-05-04T12:34:56.0Z");
  EXPECT_EQ(to_fhir_time("2006-05-04T12:34:56-05:00"), "2006-05-04T12:34:56-05:00");
}

TEST(NorwegianTime, keeps_the_precision_that_is_given) {
  EXPECT_EQ(to_fhir_time("2018-02-01"), "2018-02-01");
  EXPECT_EQ(to_fhir_time("2018-02-01+01:00"), "2018-02-01");
  EXPECT_EQ(to_fhir_time("2018-02"), "2018-02");
  EXPECT_EQ(to_fhir_time("2018"), "2018");
}

TEST(NorwegianTime, reads_midnight_at_the_end_of_a_day_as_the_next_day) {
  EXPECT_EQ(to_fhir_time("2018-12-31T24:00:00"), "2019-01-01T00:00:00+01:00");
}

TEST(NorwegianTime, says_so_when_fhir_cannot_hold_the_value) {
  for (const char* text : {"10:00:00", "", "i går", "2018-02-30", "2018-02-01T10:00", "2018-02-01T25:00:00", "-2018"})
    EXPECT_FALSE(to_fhir_time(text)) << text;
}

TEST(NorwegianTime, leaves_norways_own_offset_out_on_the_way_back) {
  EXPECT_EQ(to_message_time("2018-01-29T10:00:00+01:00"), "2018-01-29T10:00:00");
  EXPECT_EQ(to_message_time("2018-07-29T10:00:00+01:00"), "2018-07-29T10:00:00+01:00");
  EXPECT_EQ(to_message_time("2018-07-29T10:00:00Z"), "2018-07-29T10:00:00Z");
  EXPECT_EQ(to_message_time("2018-07-29"), "2018-07-29");
  EXPECT_EQ(to_message_date_time("2018-07-29"), "2018-07-29T00:00:00");
}

TEST(NorwegianTime, is_shown_to_readers_by_the_norwegian_clock) {
  EXPECT_EQ(to_reader("2026-11-21T07:05:00Z"), "21.11.2026 08:05");
  EXPECT_EQ(to_reader("2026-03-29T01:00:00Z"), "29.03.2026 03:00");
  EXPECT_EQ(to_reader("2026-10-25T00:30:00Z"), "25.10.2026 02:30");
  EXPECT_EQ(to_reader("2026-10-25T01:30:00Z"), "25.10.2026 02:30");
  EXPECT_EQ(to_reader("2026-12-31T23:30:00Z"), "01.01.2027 00:30");
  EXPECT_EQ(to_reader("2018-02-01"), "01.02.2018");
  EXPECT_EQ(to_reader("i går"), "i går");
}

}  // namespace
}  // namespace varde::norway
