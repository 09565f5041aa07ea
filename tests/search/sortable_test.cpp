/// Numbers as texts that sort as the numbers do, and the range that a literal means:
/// https://hl7.org/fhir/R4/search.html#number
#include "server/search/sortable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace varde::search {
namespace {

using fhirpath::Decimal;

std::string_view sign_of(std::strong_ordering order) { return order < 0 ? "less" : order > 0 ? "greater" : "equal"; }

TEST(Sortable, orders_decimals_as_their_numbers) {
  std::mt19937 random(4);
  std::vector<std::string> numbers{"0",   "-0",     "0.00",   "1",       "-1",    "1e2",
                                   "100", "100.00", "99.999", "-99.999", "1e-20", "-1e-20"};
  for (int i = 0; i < 400; ++i) {
    std::string digits = std::to_string(random() % 100'000);
    if (random() % 2) digits.insert(0, "-");
    if (random() % 2) digits += "." + std::to_string(random() % 1000);
    if (random() % 3 == 0) digits += "e" + std::to_string(static_cast<int>(random() % 9) - 4);
    numbers.push_back(std::move(digits));
  }
  for (const std::string& a : numbers)
    for (const std::string& b : numbers)
      ASSERT_EQ(sign_of(sortable(a) <=> sortable(b)), sign_of(*Decimal::parse(a) <=> *Decimal::parse(b)))
          << a << " " << b;
}

TEST(Sortable, has_a_place_just_beside_a_number_before_every_other_number) {
  for (const std::string number : {"5", "-5", "0", "100", "-0.01"}) {
    EXPECT_LT(sortable(number, Side::below), sortable(number));
    EXPECT_LT(sortable(number), sortable(number, Side::above));
  }
  EXPECT_LT(sortable("4.9999999999999999999999999"), sortable("5", Side::below));
  EXPECT_LT(sortable("5", Side::above), sortable("5.0000000000000000000000001"));
  EXPECT_LT(sortable("-5.0000000000000000000000001"), sortable("-5", Side::below));
  EXPECT_LT(sortable("-5", Side::above), sortable("-4.9999999999999999999999999"));
  EXPECT_LT(sortable("-1e-300"), sortable("0", Side::below));
  EXPECT_LT(sortable("0", Side::above), sortable("1e-300"));
  EXPECT_EQ(on_side(sortable("-5"), Side::above), sortable("-5", Side::above));
  EXPECT_EQ(on_side(sortable("5", Side::above), Side::below), sortable("5", Side::below));
}

TEST(Sortable, keeps_the_order_of_numbers_with_more_digits_than_it_keeps) {
  const std::string pi = "3.14159265358979323846264338327950288419716939937510";
  EXPECT_GT(sortable(pi), sortable("3.14159265358979323846264338327"));
  EXPECT_LT(sortable(pi), sortable("3.14159265358979323846264338328"));
  const std::string literal = "3.14159265358979323846264338327";
  EXPECT_GT(sortable(literal + "0000000001"), sortable(literal));
  EXPECT_LT(sortable(literal + "0000000001"), sortable(literal + "0001"));
  EXPECT_LT(sortable("-" + literal + "0000000001"), sortable("-" + literal));
  EXPECT_GT(sortable(literal + "0000011"), sortable(literal + "000001"));
  EXPECT_LT(sortable("-" + pi), sortable("-3.14159265358979323846264338327"));
  EXPECT_GT(sortable("-" + pi), sortable("-3.14159265358979323846264338328"));
}

TEST(Sortable, puts_what_is_out_of_reach_at_the_ends) {
  EXPECT_EQ(sortable("1e999999"), kHighest);
  EXPECT_EQ(sortable("-1e999999"), kLowest);
  EXPECT_EQ(sortable("1e99999999999999999999999"), kHighest);
  EXPECT_GT(sortable("1e-999999"), sortable("0"));
  EXPECT_LT(sortable("1e-999999"), sortable("1e-40000"));
  EXPECT_LT(sortable("-1e-999999"), sortable("0"));
  EXPECT_LT(sortable("9e49999"), kHighest);
  EXPECT_GT(sortable("-9e49999"), kLowest);
  EXPECT_LT(sortable("-9e49999"), sortable("-1e-49999"));
}

TEST(Sortable, is_empty_for_what_is_no_decimal) {
  for (const char* bad :
       {"", "-", "a", "1.", ".5", "1e", "1e+", "NaN", "Infinity", "0x10", "1 ", "+1", "1..2", "1e5.0"})
    EXPECT_EQ(sortable(std::string_view(bad)), "") << bad;
}

TEST(Literal, means_the_range_of_its_precision) {
  struct Row {
    std::string_view text, low, high;
  };
  for (const Row& row :
       {Row{"100", "99.5", "100.5"}, Row{"100.00", "99.995", "100.005"}, Row{"1e2", "95", "105"},
        Row{"1.00e2", "99.5", "100.5"}, Row{"5.4", "5.35", "5.45"}, Row{"5.40e-3", "0.005395", "0.005405"},
        Row{"0", "-0.5", "0.5"}, Row{"-5.4", "-5.45", "-5.35"}, Row{"2e-3", "0.00195", "0.00205"},
        Row{"0.80", "0.795", "0.805"}, Row{"1e 2", "95", "105"}, Row{"12E1", "115", "125"}}) {
    const auto literal = read_literal(row.text);
    ASSERT_TRUE(literal) << row.text;
    EXPECT_EQ(sortable(literal->low), sortable(row.low)) << row.text;
    EXPECT_EQ(sortable(literal->high), sortable(row.high)) << row.text;
  }
}

TEST(Literal, has_at_most_30_digits_and_an_exponent_that_an_index_can_hold) {
  EXPECT_TRUE(read_literal(std::string(30, '9')));
  EXPECT_FALSE(read_literal(std::string(31, '9')));
  EXPECT_TRUE(read_literal("0." + std::string(40, '0') + "1"));
  for (const char* bad : {"", "abc", "NaN", "1e999999", "1e-999999", "--1", "1,5", "1e", "gt5"})
    EXPECT_FALSE(read_literal(bad)) << bad;
  EXPECT_DOUBLE_EQ(approximately(read_literal("-5.40e-3")->value), -0.0054);
}

}  // namespace
}  // namespace varde::search
