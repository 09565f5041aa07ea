// What reception hands to the worker: bounded, and never another message's.
#include <gtest/gtest.h>

#include "server/messaging/parsed.h"

namespace varde::messaging::test {
namespace {

mappings::Message of_type(std::string type) {
  mappings::Message message;
  message.type = std::move(type);
  return message;
}

TEST(Parsed, gives_each_message_once) {
  Parsed parsed(100);
  parsed.keep(1, "one", of_type("A"));
  const auto taken = parsed.take(1, "one");
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->type, "A");
  EXPECT_FALSE(parsed.take(1, "one"));
}

TEST(Parsed, of_a_number_that_was_given_again_is_not_the_other_message) {
  Parsed parsed(100);
  parsed.keep(1, "one", of_type("A"));  // its commit failed
  EXPECT_FALSE(parsed.take(1, "two"));
  parsed.keep(1, "one", of_type("A"));
  parsed.keep(1, "two", of_type("B"));
  EXPECT_EQ(parsed.take(1, "two")->type, "B");
}

TEST(Parsed, lets_the_oldest_go_when_there_is_no_room) {
  Parsed parsed(6);
  for (int id : {1, 2, 3}) parsed.keep(id, "abc", of_type("A"));
  parsed.keep(4, "longer than all the room", of_type("A"));
  EXPECT_FALSE(parsed.take(1, "abc"));
  EXPECT_TRUE(parsed.take(2, "abc"));
  EXPECT_TRUE(parsed.take(3, "abc"));
  EXPECT_FALSE(parsed.take(4, "longer than all the room"));
}

}  // namespace
}  // namespace varde::messaging::test
