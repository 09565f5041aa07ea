/// What one request may cost: fhir-model/budget/budget.h
#include "fhir-model/budget/budget.h"

#include <gtest/gtest.h>

namespace varde {
namespace {

using std::chrono::milliseconds;

Budget::Time clock_time{};
Budget::Time read_clock() { return clock_time; }

TEST(Budget, is_within_until_its_steps_are_spent_and_stays_spent) {
  Budget budget({.steps = 10});
  EXPECT_TRUE(budget.spend(10));
  EXPECT_TRUE(budget.within());
  EXPECT_FALSE(budget.spend());
  EXPECT_FALSE(budget.spend(0));
  ASSERT_FALSE(budget.within());
  EXPECT_EQ(budget.within().error().fault, Fault::too_costly);
  EXPECT_NE(budget.within().error().diagnostics.find("10 steps of work (setting request-steps)"), std::string::npos);
}

TEST(Budget, is_spent_when_its_time_is_over) {
  clock_time = {};
  Budget budget({.time = milliseconds(50)}, read_clock);
  clock_time += milliseconds(500);  // waiting for its turn costs nothing
  budget.begin();
  clock_time += milliseconds(50);
  budget.begin();
  EXPECT_TRUE(budget.spend(1000));
  clock_time += milliseconds(1);
  EXPECT_FALSE(budget.spend(1000));
  EXPECT_NE(budget.within().error().diagnostics.find("50 ms (setting request-time)"), std::string::npos);
}

TEST(Budget, tells_what_was_exceeded_first) {
  Budget budget({.steps = 10, .bytes = 100, .steps_setting = "write-steps"});
  EXPECT_TRUE(budget.take(100));
  EXPECT_FALSE(budget.take(1));
  EXPECT_FALSE(budget.spend(11));
  EXPECT_NE(budget.within().error().diagnostics.find("100 bytes (setting answer-limit)"), std::string::npos);
}

TEST(Budget, bounds_how_many_references_one_parameter_follows) {
  const Budget budget({.depth = 2});
  EXPECT_TRUE(budget.may_follow(2));
  ASSERT_FALSE(budget.may_follow(3));
  EXPECT_NE(budget.may_follow(3).error().diagnostics.find("at most 2 references (setting chain-depth)"),
            std::string::npos);
}

}  // namespace
}  // namespace varde
