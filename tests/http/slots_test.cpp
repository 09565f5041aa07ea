/// Who gets a connection when there are more who want one than there are.
#include "server/http/slots.h"

#include <gmock/gmock.h>

#include <vector>

namespace varde::http {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Slots_ : public ::testing::Test {
 protected:
  Slots make(SlotLimits limits) {
    return Slots(limits, [this](const Slot& slot, Phase) { dismissed.push_back(slot.socket); });
  }
  Slot::Time at(int ms) { return start + milliseconds(ms); }
  /// As a connection that was answered and waits for its next request.
  void serve(Slot& slot, int ms) {
    slot.enter(Phase::working, at(ms)), slot.enter(Phase::sending, at(ms)), slot.served();
    slot.enter(Phase::waiting, at(ms));
  }
  const Slot::Time start = std::chrono::steady_clock::now();
  std::vector<int> dismissed;
};

TEST_F(Slots_, whoever_was_silent_longest_gives_way_to_a_newcomer) {
  Slots slots = make({.all = 2, .of_one_address = 2, .spare = 0});
  const auto first = slots.admit(1, "a", at(0)), second = slots.admit(2, "a", at(1)),
             third = slots.admit(3, "a", at(2));
  ASSERT_TRUE(third);
  EXPECT_FALSE(third->spare);
  EXPECT_THAT(dismissed, ElementsAre(1));
  EXPECT_FALSE(first->enter(Phase::working, at(3)));
  EXPECT_TRUE(second->enter(Phase::working, at(3)));
}

TEST_F(Slots_, the_address_that_holds_most_gives_way_first) {
  Slots slots = make({.all = 4, .of_one_address = 4, .spare = 0});
  const auto neighbour = slots.admit(1, "b", at(0));
  for (int i = 2; i <= 4; ++i) slots.admit(i, "a", at(i));
  EXPECT_TRUE(slots.admit(5, "c", at(5)));
  EXPECT_THAT(dismissed, ElementsAre(2));
}

TEST_F(Slots_, who_has_been_served_stays_before_those_who_never_were) {
  Slots slots = make({.all = 2, .of_one_address = 2, .spare = 0});
  const auto served = slots.admit(1, "a", at(0));
  slots.admit(2, "a", at(1));
  serve(*served, 2);
  EXPECT_TRUE(slots.admit(3, "a", at(60'000)));
  EXPECT_THAT(dismissed, ElementsAre(2));
}

TEST_F(Slots_, who_has_been_served_gives_way_only_after_a_while) {
  Slots slots = make({.all = 1, .of_one_address = 1, .spare = 0, .patience = milliseconds(1000)});
  const auto served = slots.admit(1, "a", at(0));
  serve(*served, 10);
  EXPECT_FALSE(slots.admit(2, "a", at(1009)));
  EXPECT_TRUE(slots.admit(3, "a", at(1010)));
  EXPECT_THAT(dismissed, ElementsAre(1));
}

TEST_F(Slots_, who_takes_an_answer_slowly_gives_way_and_who_is_at_work_never) {
  Slots slots = make({.all = 2, .of_one_address = 2, .spare = 0, .patience = milliseconds(1000)});
  const auto working = slots.admit(1, "a", at(0)), sending = slots.admit(2, "a", at(0));
  working->enter(Phase::working, at(0)), sending->enter(Phase::working, at(0)), sending->enter(Phase::sending, at(1));
  EXPECT_TRUE(slots.admit(3, "a", at(5000))->enter(Phase::working, at(5000)));
  EXPECT_THAT(dismissed, ElementsAre(2));
  EXPECT_FALSE(slots.admit(4, "a", at(60'000)));
}

TEST_F(Slots_, one_address_never_holds_them_all) {
  Slots slots = make({.all = 4, .spare = 0});
  std::vector<std::shared_ptr<Slot>> at_work;
  for (int i = 1; i <= 3; ++i) {
    at_work.push_back(slots.admit(i, "a", at(0)));
    at_work.back()->enter(Phase::working, at(0));
  }
  EXPECT_FALSE(slots.admit(4, "a", at(1)));
  EXPECT_TRUE(slots.admit(5, "b", at(1)));
  EXPECT_THAT(dismissed, IsEmpty());
}

TEST_F(Slots_, spare_ones_are_given_when_all_others_are_at_work_and_silence_does_not_hold_them) {
  Slots slots = make({.all = 1, .of_one_address = 1, .spare = 1});
  slots.admit(1, "a", at(0))->enter(Phase::working, at(0));
  const auto probe = slots.admit(2, "a", at(1));
  ASSERT_TRUE(probe);
  EXPECT_TRUE(probe->spare);
  EXPECT_TRUE(slots.admit(3, "b", at(2))->spare);
  EXPECT_THAT(dismissed, ElementsAre(2));
}

TEST_F(Slots_, are_free_again_when_a_connection_leaves) {
  Slots slots = make({.all = 1, .of_one_address = 1, .spare = 0});
  const auto first = slots.admit(1, "a", at(0));
  first->enter(Phase::working, at(0));
  EXPECT_FALSE(slots.admit(2, "a", at(1)));
  slots.leave(*first);
  EXPECT_EQ(slots.taken(), 0u);
  EXPECT_TRUE(slots.admit(3, "a", at(1)));
}

}  // namespace
}  // namespace varde::http
