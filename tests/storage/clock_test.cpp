// The store's time when somebody sets the clock: versions stay in order, and nothing stands still.
#include "server/storage/clock.h"

#include <gtest/gtest.h>

#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class SetClock : public ::testing::Test {
 protected:
  void pass(microseconds time) { wall += time, elapsed += time; }
  Instant wall{hours(24 * 365 * 56)};
  microseconds elapsed{};
  Clock clock{[this] { return wall; }, [this] { return elapsed; }, Instant{}};
};

TEST_F(SetClock, follows_the_wall_clock) {
  EXPECT_EQ(clock.now(), wall);
  pass(hours(1));
  EXPECT_EQ(clock.now(), wall);
  wall += hours(24);
  EXPECT_EQ(clock.now(), wall);
}

TEST_F(SetClock, runs_on_when_it_is_set_back_and_falls_into_step_again) {
  const Instant before = clock.now();
  wall -= hours(1);
  EXPECT_EQ(clock.now(), before);
  pass(minutes(16));
  EXPECT_EQ(clock.now(), before + minutes(15)) << "a little slower, until the wall clock has caught up";
  pass(hours(16));
  EXPECT_EQ(clock.now(), wall);
}

TEST_F(SetClock, ticks_are_later_than_all_before_them) {
  Instant last = clock.tick();
  wall -= hours(24);
  for (int i = 0; i < 1000; ++i) {
    if (i % 3 == 0) pass(microseconds(1));
    const Instant next = clock.tick();
    EXPECT_GT(next, last);
    EXPECT_GE(clock.now(), next);
    last = next;
  }
}

TEST_F(SetClock, begins_no_earlier_than_what_is_stored) {
  Clock after_restart([this] { return wall; }, [this] { return elapsed; }, wall + hours(5));
  EXPECT_EQ(after_restart.now(), wall + hours(5));
  pass(minutes(32));
  EXPECT_EQ(after_restart.now(), wall - minutes(32) + hours(5) + minutes(30));
}

TEST_F(Store, a_write_gets_a_later_time_after_the_clock_was_set_back) {
  const auto first = put("Basic", "a");
  clock -= microseconds(hours(10)).count();
  EXPECT_GT(put("Basic", "a").updated, first.updated);
}

}  // namespace
}  // namespace varde::storage::test
