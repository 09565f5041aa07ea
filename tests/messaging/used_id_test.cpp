// Holds us to HITS 1168:2016 §5.4 and §5.5 where a sender uses a MsgId for two messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/messaging/same_content.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class UsedId : public testing::Test {
 protected:
  Gateway gateway;
};

TEST_F(UsedId, another_message_is_not_processed_not_answered_and_a_person_is_told_once) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  ASSERT_TRUE(gateway.is_paused(patient));
  const auto other = demo::write(gateway.letter("LOG_UTSKREVET", 1));
  for (int times = 0; times < 3; ++times) gateway.receive(other);
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);
  const auto tasks = gateway.tasks("technical");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_THAT(std::string(tasks[0].root()["description"].value()), HasSubstr("samme MsgId"));
  EXPECT_THAT(gateway.inbox(2).detail, HasSubstr("another content than 1"));
}

TEST_F(UsedId, another_message_is_not_given_the_answer_of_the_first) {
  gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  const auto answer = [&](const std::string& type) {
    return gateway.messaging->accept_and_answer({demo::write(gateway.letter(type, 1)), "test"}, 100ms).value();
  };
  EXPECT_THAT(answer("LOG_INNLAGT"), HasSubstr("AppRec"));
  EXPECT_EQ(answer("LOG_UTSKREVET"), "");
}

TEST_F(UsedId, the_same_message_written_otherwise_is_a_repetition) {
  gateway.enrolled_patient();
  const auto xml = demo::write(gateway.letter("LOG_INNLAGT", 1));
  gateway.receive(xml);
  gateway.receive(replaced(xml, "<MsgInfo>", "<MsgInfo>\n  <!-- again -->"));
  EXPECT_TRUE(gateway.tasks("technical").empty());
  EXPECT_THAT(gateway.inbox(2).detail, HasSubstr("first is 1"));
}

TEST(SameContent, is_what_was_written_but_for_blanks_order_of_attributes_and_signature) {
  const std::string xml = "<a xmlns='x'><b V='1' S='2'>some  words</b></a>";
  EXPECT_TRUE(is_same_content(xml, "<a xmlns='x'>\n<b S='2' V='1'> some words\n</b></a>"));
  EXPECT_TRUE(is_same_content(
      xml, "<a xmlns='x'><b V='1' S='2'>some words</b><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/></a>"));
  for (const char* other :
       {"<a xmlns='x'><b V='2' S='2'>some words</b></a>", "<a xmlns='x'><b V='1' S='2'>words</b></a>",
        "<a xmlns='y'><b V='1' S='2'>some words</b></a>", "<a xmlns='x'/>",
        "<a xmlns='x'><b V='1' S='2'>some words</b><c/></a>", "<a xmlns='x'><b V='1' S='2'>some"})
    EXPECT_FALSE(is_same_content(xml, other)) << other;
}

}  // namespace
}  // namespace varde::messaging::test
