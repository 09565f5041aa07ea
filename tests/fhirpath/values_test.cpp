// Holds us to https://hl7.org/fhirpath/N1/#literals, #decimal, #date, #datetime-arithmetic and #quantity
#include <gtest/gtest.h>

#include "fhir-model/fhirpath/decimal.h"
#include "fhir-model/fhirpath/temporal.h"
#include "tests/fhirpath/support/answer.h"

namespace varde::fhirpath {
namespace {

std::string text(const std::optional<Decimal>& value) { return value ? value->text() : "none"; }

TEST(Decimals, keep_their_digits) {
  for (const auto literal :
       {"1.00", "-0.10", "0", "12345678901234567890123456789012345678", "0.0000000000000000000000000001"})
    EXPECT_EQ(text(Decimal::parse(literal)), literal);
  EXPECT_EQ(text(Decimal::parse("1.5e3")), "1500");
  EXPECT_EQ(text(Decimal::parse("15e-3")), "0.015");
  EXPECT_EQ(text(Decimal::parse("1e-9999")), "0.0000000000000000000000000000000000000");
}

TEST(Decimals, refuse_what_is_no_number_or_too_large) {
  for (const auto literal : {"", ".", "1.", ".5", "1.2.3", "0x1", "1e", "1e99999999999", "NaN", "--1", "1 ",
                             "123456789012345678901234567890123456789"})
    EXPECT_EQ(text(Decimal::parse(literal)), "none") << literal;
}

TEST(Decimals, calculate_exactly_where_binary_floating_point_does_not) {
  EXPECT_EQ(answer("0.1 + 0.2"), "0.3");
  EXPECT_EQ(answer("1.8 - 1.2"), "0.6");
  EXPECT_EQ(answer("1234567890123456789.01 * 98765432109876543.21"), "121932631137021795224734034432225118.12");
  EXPECT_EQ(answer("1.0 / 3.0"), "0.3333333333333333333333333333");
  EXPECT_EQ(answer("2.0 / 3.0"), "0.6666666666666666666666666667");
  EXPECT_EQ(answer("99999999999999999999999999999999999999 'm' + 1 'm'"), "{}");
  EXPECT_EQ(answer("1.10 = 1.1"), "true");
  EXPECT_EQ(answer("99999999999999999999.0 > 0.00000000000000000001"), "true");
}

TEST(Decimals, round_each_way) {
  EXPECT_EQ(text(Decimal::parse("2.5")->rounded(0)), "3");
  EXPECT_EQ(text(Decimal::parse("-2.5")->rounded(0)), "-3");
  EXPECT_EQ(text(Decimal::parse("-2.1")->rounded(0, Rounding::floor)), "-3");
  EXPECT_EQ(text(Decimal::parse("-2.9")->rounded(0, Rounding::ceiling)), "-2");
  EXPECT_EQ(text(Decimal::parse("2.99")->rounded(1, Rounding::truncate)), "2.9");
}

TEST(Integers, overflow_to_empty) {
  EXPECT_EQ(answer("2147483647 + 1"), "{}");
  EXPECT_EQ(answer("-2147483647 - 2"), "{}");
  EXPECT_EQ(answer("65536 * 65536"), "{}");
  EXPECT_EQ(answer("2.power(31)"), "{}");
  EXPECT_EQ(answer("2147483648").substr(0, 6), "fault:");
}

TEST(Dates, that_do_not_exist_are_refused) {
  for (const auto literal : {"@2015-13", "@2015-02-29", "@2015-00-01", "@2015-02-04T24:00", "@2015-02-04T14:60", "@T25",
                             "@15-01-01", "@2015-1-1", "@2015-02-04T14:30+15:00"})
    EXPECT_EQ(answer(literal).substr(0, 6), "fault:") << literal;
}

TEST(Dates, of_unlike_precision_cannot_be_told_apart_unless_the_shared_part_differs) {
  EXPECT_EQ(answer("@2015 = @2015-02"), "{}");
  EXPECT_EQ(answer("@2014 = @2015-02"), "false");
  EXPECT_EQ(answer("@2014 < @2015-02"), "true");
  EXPECT_EQ(answer("@2015-02-04T14 < @2015-02-04T15:30"), "true");
  EXPECT_EQ(answer("@2015-02 ~ @2015"), "false");
  EXPECT_EQ(answer("@2015-02-04T14:34:28 = @2015-02-04T14:34:28.000"), "true");
}

TEST(Dates, compare_across_zones_by_the_instant) {
  EXPECT_EQ(answer("@2015-02-04T14:00:00+02:00 = @2015-02-04T12:00:00Z"), "true");
  EXPECT_EQ(answer("@2015-01-01T00:30:00+01:00 < @2014-12-31T23:45:00Z"), "true");
}

TEST(Dates, without_a_zone_beside_one_with_a_zone_are_certain_only_when_every_zone_agrees) {
  EXPECT_EQ(answer("@2015-02-04T14:00:00 < @2015-02-04T15:00:00Z"), "{}");
  EXPECT_EQ(answer("@2015-02-02T14:00:00 < @2015-02-04T15:00:00Z"), "true");
  EXPECT_EQ(answer("@2015-02-06 > @2015-02-04T15:00:00Z"), "true");
  EXPECT_EQ(answer("@2015-02-04T15:00:00Z > @2015-02-02"), "true");
}

TEST(Dates, move_on_the_calendar) {
  EXPECT_EQ(answer("@2024-01-31 + 1 month"), "2024-02-29");
  EXPECT_EQ(answer("@2024-02-29 + 1 year"), "2025-02-28");
  EXPECT_EQ(answer("@2024-03-01 - 1 day"), "2024-02-29");
  EXPECT_EQ(answer("@2014 + 24 months"), "2016");
  EXPECT_EQ(answer("@2014 + 23 months"), "2015");
  EXPECT_EQ(answer("@2019-03-01 + 24 months"), "2021-03-01");
  EXPECT_EQ(answer("@T23:30 + 2 hours"), "01:30");
  EXPECT_EQ(answer("@T00:30 - 1 hour"), "23:30");
  EXPECT_EQ(answer("@1500-01-01 + 1 day"), "1500-01-02");
  EXPECT_EQ(answer("@9999-12-31 + 1 day"), "{}");
  EXPECT_EQ(answer("@2024-10-27T01:59:59.5+02:00 + 0.6 's'"), "2024-10-27T02:00:00.1+02:00");
}

TEST(Dates, do_not_move_by_what_is_no_time_or_no_calendar_unit) {
  EXPECT_EQ(answer("@2024-01-31 + 1 'mo'").substr(0, 6), "fault:");
  EXPECT_EQ(answer("@2024-01-31 + 1 'kg'").substr(0, 6), "fault:");
  EXPECT_EQ(answer("@2024-01-31 + 7").substr(0, 6), "fault:");
  EXPECT_EQ(answer("@T10:00 + 1 month").substr(0, 6), "fault:");
}

TEST(Quantities, compare_in_one_unit) {
  EXPECT_EQ(answer("70 'kg' = 70000 'g'"), "true");
  EXPECT_EQ(answer("120 'mm[Hg]' > 15 'kPa'"), "true");
  EXPECT_EQ(answer("37 'Cel' = 310.15 'K'"), "true");
  EXPECT_EQ(answer("1 'kg' = 1 'm'"), "false");
  EXPECT_EQ(answer("1 'kg' < 1 'm'"), "{}");
  EXPECT_EQ(answer("1 year = 12 months"), "true");
  EXPECT_EQ(answer("1 year = 1 'a'"), "{}");
  EXPECT_EQ(answer("1 year ~ 1 'a'"), "true");
  EXPECT_EQ(answer("2 weeks = 14 'd'"), "true");
}

TEST(Quantities, are_added_in_the_unit_of_the_left_one_and_multiplied_with_their_units) {
  EXPECT_EQ(answer("1 'kg' + 500 'g'"), "1.5 'kg'");
  EXPECT_EQ(answer("1 week + 1 day - 8 days = 0 days"), "true");
  EXPECT_EQ(answer("3 'm' * 2 'm' = 6 'm2'"), "true");
  EXPECT_EQ(answer("10 'mg' / 4 'mL'"), "2.5 'mg/mL'");
  EXPECT_EQ(answer("2 * 5 'mg'"), "10 'mg'");
  EXPECT_EQ(answer("5 'mg' + 'mg'").substr(0, 6), "fault:");
}

}  // namespace
}  // namespace varde::fhirpath
