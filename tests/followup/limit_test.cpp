/// Source: shared modelling notes: half-open boundaries, explicit green range, gaps and overlaps refused.
#include "server/followup/rule/limit.h"

#include <gtest/gtest.h>

namespace varde::followup {
namespace {

LimitSet limits(std::string_view text) { return checked(from_text(text)).value(); }
std::string problem(std::string_view text) {
  const auto proved = checked(from_text(text));
  return proved ? "" : proved.error().diagnostics;
}

TEST(Limit, includes_the_low_boundary_and_leaves_out_the_high_one) {
  const auto spo2 = limits("%;r:-:85;y:85:90;g:90:-");
  EXPECT_EQ(evaluate(spo2, 84.999).zone, Zone::red);
  EXPECT_EQ(evaluate(spo2, 85).zone, Zone::yellow);
  EXPECT_EQ(evaluate(spo2, 89.999).zone, Zone::yellow);
  EXPECT_EQ(evaluate(spo2, 90).zone, Zone::green);
}

TEST(Limit, says_on_which_side_of_green_a_value_lies_and_which_boundary_it_crossed) {
  const auto pulse = limits("/min;r:-:40;y:40:50;g:50:100;y:100:120;r:120:-");
  const auto low = evaluate(pulse, 39), high = evaluate(pulse, 120);
  EXPECT_EQ(low.side, Side::below);
  EXPECT_EQ(low.crossed->literal, "40");
  EXPECT_EQ(high.zone, Zone::red);
  EXPECT_EQ(high.side, Side::above);
  EXPECT_EQ(high.crossed->literal, "120");
}

TEST(Limit, the_highest_range_includes_its_own_high_boundary) {
  EXPECT_EQ(evaluate(limits("%;y:85:90;g:90:100"), 100).zone, Zone::green);
}

TEST(Limit, what_no_range_covers_is_red) {
  const auto narrow = limits("%;y:85:90;g:90:100");
  EXPECT_EQ(evaluate(narrow, 84).zone, Zone::red);
  EXPECT_EQ(evaluate(narrow, 101).zone, Zone::red);
}

TEST(Limit, order_of_the_ranges_does_not_matter) {
  EXPECT_EQ(to_text(limits("%;g:90:-;r:-:85;y:85:90")), "%;r:-:85;y:85:90;g:90:-");
}

TEST(Limit, refuses_a_gap_an_overlap_an_empty_range_and_limits_without_green) {
  EXPECT_NE(problem("%;r:-:84;y:85:90;g:90:-").find("gap"), std::string::npos);
  EXPECT_NE(problem("%;r:-:86;y:85:90;g:90:-").find("overlap"), std::string::npos);
  EXPECT_NE(problem("%;y:90:90;g:90:-").find("empty"), std::string::npos);
  EXPECT_NE(problem("%;r:-:85;y:85:-").find("green"), std::string::npos);
  EXPECT_NE(problem("%;g:-:85;g:85:-").find("more than one green"), std::string::npos);
}

TEST(Limit, does_not_get_better_further_from_the_green) {
  EXPECT_TRUE(check_order(limits("%;r:-:85;y:85:90;g:90:-")));
  EXPECT_TRUE(check_order(limits("/min;r:-:40;g:40:110;y:110:130;r:130:-")));
  EXPECT_TRUE(check_order(limits("%;r:-:80;y:80:85;y:85:90;g:90:-"))) << "two ranges of one colour";
  EXPECT_FALSE(check_order(limits("%;y:-:85;r:85:90;g:90:-"))) << "a fall from 86 to 84 would go from red to yellow";
  EXPECT_FALSE(check_order(limits("/min;g:-:110;r:110:130;y:130:-")));
  EXPECT_EQ(evaluate(limits("%;y:-:85;r:85:90;g:90:-"), 84).zone, Zone::yellow) << "what is stored still judges";
}

TEST(Limit, keeps_the_boundaries_as_they_were_written) {
  EXPECT_EQ(to_text(limits("Cel;g:-:37.50;y:37.50:38.0;r:38.0:-")), "Cel;g:-:37.50;y:37.50:38.0;r:38.0:-");
}

}  // namespace
}  // namespace varde::followup
