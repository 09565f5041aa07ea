/// Dates and times of FHIR and the messages by a zone's clock: https://hl7.org/fhir/R4/datatypes.html#dateTime,
/// directive 2000/84/EC (summer time from the last Sunday of March to the last Sunday of October, 01:00 UTC).
#include <gtest/gtest.h>

#include "fhir-model/time/span.h"
#include "fhir-model/time/text.h"

namespace varde::time {
namespace {

using namespace std::chrono;

const Zone& norway() {
  static const Zone kNorway = Zone::norway();
  return kNorway;
}
Instant utc(std::string_view text) { return read_span(text, norway())->begin; }

TEST(Zone, knows_norwegian_summer_time_to_the_second) {
  EXPECT_EQ(norway().offset_at(utc("2026-03-29T00:59:59Z")), 60min);
  EXPECT_EQ(norway().offset_at(utc("2026-03-29T01:00:00Z")), 120min);
  EXPECT_EQ(norway().offset_at(utc("2026-10-25T00:59:59Z")), 120min);
  EXPECT_EQ(norway().offset_at(utc("2026-10-25T01:00:00Z")), 60min);
}

TEST(Zone, goes_on_by_the_rule_after_the_years_that_the_database_lists) {
  EXPECT_EQ(norway().offset_at(utc("2061-07-01T00:00:00Z")), 120min);
  EXPECT_EQ(norway().offset_at(utc("2100-03-28T00:59:59Z")), 60min);  // a century that is no leap year
  EXPECT_EQ(norway().offset_at(utc("2100-03-28T01:00:00Z")), 120min);
  EXPECT_EQ(norway().offset_at(utc("2100-12-31T23:59:59Z")), 60min);
}

TEST(Zone, takes_the_repeated_hour_as_its_first_time_and_the_skipped_one_as_summer_time) {
  EXPECT_EQ(utc("2026-10-25T02:30:00"), utc("2026-10-25T02:30:00+02:00"));
  EXPECT_EQ(utc("2026-03-29T02:30:00"), utc("2026-03-29T02:30:00+02:00"));
}

TEST(Zone, of_another_name_than_the_databases_is_refused) {
  EXPECT_TRUE(Zone::named("America/New_York"));
  ASSERT_FALSE(Zone::named("Oslo"));
  EXPECT_EQ(Zone::named("Oslo").error().fault, Fault::parameter_malformed);
}

TEST(Span, of_a_date_is_a_day_of_the_zone) {
  const auto day = read_span("2026-10-25", norway());
  ASSERT_TRUE(day);
  EXPECT_EQ(day->begin, utc("2026-10-24T22:00:00Z"));
  EXPECT_EQ(day->end, utc("2026-10-25T23:00:00Z"));
  const auto elsewhere = read_span("2026-10-25", *Zone::named("America/New_York"));
  EXPECT_EQ(elsewhere->begin, utc("2026-10-25T04:00:00Z"));
}

TEST(Span, of_midnight_as_24_00_is_xmls_alone) {
  EXPECT_FALSE(read_span("2026-10-25T24:00:00+01:00", norway()));
  EXPECT_EQ(read_span("2026-10-25T24:00:00+01:00", norway(), Form::xml)->begin, utc("2026-10-25T23:00:00Z"));
  EXPECT_FALSE(read_span("2026-10-25T24:00:01+01:00", norway(), Form::xml));
  EXPECT_FALSE(read_span("2026-10-25Z", norway()));
  EXPECT_TRUE(read_span("2026-10-25Z", norway(), Form::xml));
}

TEST(Text, is_what_the_clock_on_the_wall_shows) {
  const Instant at = utc("2026-11-23T23:30:00Z");
  EXPECT_EQ(norwegian_text(at, norway()), "24.11. kl. 00.30");
  EXPECT_EQ(fhir_date(at, norway()), "2026-11-24");
  EXPECT_EQ(fhir_date_time(at, norway()), "2026-11-24T00:30:00+01:00");
  EXPECT_EQ(fhir_date_time(at, *Zone::named("America/St_Johns")), "2026-11-23T20:00:00-03:30");
}

}  // namespace
}  // namespace varde::time
