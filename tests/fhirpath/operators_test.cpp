// Holds us to https://hl7.org/fhirpath/N1/#operations, #operator-precedence and #singleton-evaluation-of-collections
#include <gtest/gtest.h>

#include "tests/fhirpath/support/answer.h"

namespace varde::fhirpath {
namespace {

struct Row {
  std::string_view expression, answer;
};
void expect_all(std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(answer(row.expression), row.answer) << row.expression;
}

TEST(BooleanOperators, have_three_values) {
  for (const auto& [a, b, conjunction, disjunction, exclusive, implication] : {
           std::array<std::string, 6>{"true", "true", "true", "true", "false", "true"},
           {"true", "false", "false", "true", "true", "false"},
           {"true", "{}", "{}", "true", "{}", "{}"},
           {"false", "true", "false", "true", "true", "true"},
           {"false", "false", "false", "false", "false", "true"},
           {"false", "{}", "false", "{}", "{}", "true"},
           {"{}", "true", "{}", "true", "{}", "true"},
           {"{}", "false", "false", "{}", "{}", "{}"},
           {"{}", "{}", "{}", "{}", "{}", "{}"},
       }) {
    EXPECT_EQ(answer(a + " and " + b), conjunction) << a << b;
    EXPECT_EQ(answer(a + " or " + b), disjunction) << a << b;
    EXPECT_EQ(answer(a + " xor " + b), exclusive) << a << b;
    EXPECT_EQ(answer(a + " implies " + b), implication) << a << b;
  }
}

TEST(BooleanOperators, take_a_single_item_as_true_and_refuse_several) {
  expect_all({{"'a' and true", "true"}, {"0 and true", "true"}});
  EXPECT_EQ(answer("(1 | 2) and true").substr(0, 6), "fault:");
}

TEST(BooleanOperators, do_not_evaluate_what_cannot_matter) {
  expect_all({{"false and (1 | 2).single()", "false"}, {"true or (1 | 2).single()", "true"}});
}

TEST(Precedence, follows_the_grammar) {
  expect_all({{"1 + 2 * 3", "7"},
              {"(1 + 2) * 3", "9"},
              {"10 - 4 - 3", "3"},
              {"-1.abs()", "-1"},
              {"true or false and false", "true"},
              {"1 | 2 = 1 | 2", "true"},
              {"false implies true or false", "true"},
              {"1 < 2 = true", "true"},
              {"'a' & 'b' + 'c'", "abc"},
              {"5 div 2 * 2 + 5 mod 2", "5"}});
}

TEST(Equality, is_empty_beside_empty_and_compares_in_order) {
  expect_all({{"1 = {}", "{}"},
              {"{} != {}", "{}"},
              {"{} ~ {}", "true"},
              {"(1 | 2) = (2 | 1)", "false"},
              {"(1 | 2) ~ (2 | 1)", "true"},
              {"(1 | 2) = 1", "false"},
              {"1 = 1.0", "true"},
              {"1 = '1'", "false"},
              {"'a' = 'A'", "false"}});
}

TEST(Equivalence, forgets_case_white_space_and_precision) {
  expect_all({{"'Blå  BÆR' ~ 'blå bær'", "true"},
              {"0.667 ~ 0.67", "true"},
              {"1.5 'kg' ~ 1500 'g'", "true"},
              {"'a' !~ 'b'", "true"},
              {"1 ~ {}", "false"}});
}

TEST(Order, exists_within_a_type_only) {
  expect_all({{"'a' < 'b'", "true"}, {"1 <= 1.0", "true"}, {"{} < 1", "{}"}, {"@T10:00 < @T11", "true"}});
  EXPECT_EQ(answer("1 < 'b'").substr(0, 6), "fault:");
  EXPECT_EQ(answer("true < false").substr(0, 6), "fault:");
  EXPECT_EQ(answer("(1 | 2) < 3").substr(0, 6), "fault:");
}

TEST(Membership, asks_about_one_item) {
  expect_all({{"1 in (1 | 2)", "true"},
              {"3 in (1 | 2)", "false"},
              {"{} in (1 | 2)", "{}"},
              {"1 in {}", "false"},
              {"(1 | 2) contains 2", "true"}});
  EXPECT_EQ(answer("(1 | 2) in (1 | 2)").substr(0, 6), "fault:");
}

TEST(Concatenation, takes_empty_as_an_empty_text_and_plus_does_not) {
  expect_all({{"'a' & {}", "a"}, {"'a' + {}", "{}"}, {"{} & {}", ""}, {"'a' + 'b'", "ab"}});
}

TEST(Division, by_zero_is_empty) {
  expect_all({{"1 / 0", "{}"},
              {"1 div 0", "{}"},
              {"1 mod 0", "{}"},
              {"1.0 / 0.0", "{}"},
              {"7 / 2", "3.5"},
              {"-7 div 2", "-3"},
              {"2.2 mod 1.8", "0.4"}});
}

TEST(Products, of_one_unit_are_its_powers) {
  expect_all({{"3 'm' * 2 'm'", "6 'm2'"},
              {"6 'm2' / 2 'm'", "3 'm'"},
              {"6 'm' / 2 'm'", "3 '1'"},
              {"1 'm/s' * 2 's'", "2 'm'"},
              {"10 'mg' / 2 'dL'", "5 'mg/dL'"},
              {"10 'mg/dL' * 2 'dL'", "20 'mg'"},
              {"2 'm' / 1 'm2'", "2 'm-1'"},
              {"2 'mm[Hg]' * 3 'L'", "6 'mm[Hg].L'"}});
}

TEST(Times, move_by_hours_and_less) {
  expect_all({{"@T23:30 + 1 hour", "00:30"}});
  EXPECT_EQ(answer("@T01:00 + 1 day"),
            "fault: FHIRPath: a Time moves by hours, minutes, seconds or milliseconds, at character 9.");
}

TEST(Faults, say_where_and_what_would_be_right) {
  EXPECT_EQ(answer("1 + "), "fault: FHIRPath: expected a path or a literal at character 5.");
  EXPECT_EQ(answer("name.frist()"), "fault: FHIRPath: there is no function frist(), at character 6.");
  EXPECT_EQ(answer("'a'.substring()"), "fault: FHIRPath: substring() takes 1 to 2 arguments, not 0, at character 5.");
  EXPECT_EQ(answer("(1 | 2).single()"), "fault: FHIRPath: single() takes one item, and there are 2, at character 9.");
  EXPECT_EQ(answer("1 is Intger"), "fault: FHIRPath: there is no type Intger, at character 3.");
  EXPECT_EQ(answer("%unknown"), "fault: FHIRPath: %unknown is not known here, at character 1.");
}

}  // namespace
}  // namespace varde::fhirpath
