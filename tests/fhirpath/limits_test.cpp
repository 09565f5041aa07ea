// Holds us to our own limits: an expression from outside costs bounded time and memory, and ends in a clear fault.
#include <gtest/gtest.h>

#include "tests/fhirpath/support/answer.h"

namespace varde::fhirpath {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

Fault fault_of(const std::string& expression, const Environment& environment = {}) {
  const auto result =
      compile(expression).and_then([&](const Expression& e) { return evaluate(e, Element{}, environment); });
  return result ? Fault::internal : result.error().fault;
}

TEST(Limits, hold_for_the_length_and_nesting_of_an_expression) {
  EXPECT_EQ(fault_of(repeated(" ", 20'000) + "1"), Fault::parameter_malformed);
  EXPECT_EQ(fault_of(repeated("(", 5'000)), Fault::parameter_malformed);
  EXPECT_EQ(fault_of(repeated("-", 5'000) + "1"), Fault::parameter_malformed);
  EXPECT_EQ(fault_of("1" + repeated("+1", 4'000)), Fault::parameter_malformed);
  EXPECT_EQ(fault_of("a" + repeated(".a", 4'000)), Fault::parameter_malformed);
  EXPECT_EQ(fault_of(repeated("iif(true,", 1'000)), Fault::parameter_malformed);
  EXPECT_EQ(answer("1" + repeated(" + 1", 200)), "201");
}

TEST(Limits, hold_for_collections_that_double) {
  const std::string doubling = "(1 | 2)" + repeated(".select($this.combine($this))", 30);
  EXPECT_EQ(fault_of(doubling), Fault::too_large);
  EXPECT_EQ(fault_of("1.repeat($this + 1)"), Fault::too_large);
}

TEST(Limits, hold_for_steps) {
  Environment environment;
  environment.limits.steps = 100;
  EXPECT_EQ(fault_of("(1|2|3|4|5|6|7|8|9).select($this.toChars())", environment), Fault::value_malformed);
  EXPECT_EQ(fault_of("(1|2|3|4|5|6|7|8|9).where((1|2|3|4|5|6|7|8|9).exists($this > 8))", environment),
            Fault::too_large);
}

TEST(Limits, hold_for_texts_that_grow) {
  const std::string growing = "'aaaaaaaaaa'" + repeated(".replace('a', 'aaaaaaaaaa')", 12);
  EXPECT_NE(fault_of(growing), Fault::internal);
  EXPECT_NE(fault_of("'aaaaaaaaaa'" + repeated(".select($this & $this)", 40)), Fault::internal);
}

TEST(Limits, hold_for_patterns_that_would_backtrack) {
  const std::string text(5'000, 'a');
  EXPECT_EQ(answer("'" + text + "'.matches('^(a+)+$')"), "true");
  EXPECT_EQ(answer("'" + text + "b'.matches('^(a+)+$')"), "false");
  EXPECT_EQ(fault_of("'a'.matches('((a{900}){900}){900}')"), Fault::parameter_malformed);
}

}  // namespace
}  // namespace varde::fhirpath
