// Holds us to issue 11, "Inbox, outbox, operator": a conversation as one thread, a receiver stopped and started, the
// log searched by what went wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/operator.h"
#include "tests/messaging/support/bare.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

class Operator : public testing::Test {
 protected:
  template <class Work>
  auto read(Work work) {
    return gateway.repository->read([&](const interaction::View& view) { return work(view); });
  }
  Result<void> write(const std::function<Result<void>(interaction::Act&)>& work) {
    return gateway.repository->write([&](interaction::Act& act) { return work(act); });
  }
  Gateway gateway;
};

TEST_F(Operator, a_stopped_receiver_gets_nothing_until_it_is_started_and_then_everything_in_order) {
  gateway.enrolled_patient();
  ASSERT_TRUE(write([&](interaction::Act& act) { return gateway.messaging->stop_receiver(act, "910100"); }));
  gateway.receive(lab_report({.n = 1, .document = "a"}, "NPU19748", "4", "mg/L"));
  gateway.receive(lab_report({.n = 2, .document = "b"}, "NPU19748", "5", "mg/L"));
  gateway.pass(std::chrono::hours{48});
  gateway.messaging->work_through();
  EXPECT_THAT(gateway.files("outbound"), testing::IsEmpty());
  const auto waiting = read([](const interaction::View& view) { return storage::outbox::waiting(view, "folder"); });
  EXPECT_EQ(waiting.count, 2);
  ASSERT_TRUE(waiting.oldest);
  ASSERT_TRUE(write([&](interaction::Act& act) { return gateway.messaging->start_receiver(act, "910100"); }));
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.files("outbound").size(), 2u);
  EXPECT_EQ(read([](const interaction::View& view) { return storage::outbox::waiting(view, "folder"); }).count, 0);
  EXPECT_FALSE(write([&](interaction::Act& act) { return gateway.messaging->start_receiver(act, "910100"); }));
}

TEST_F(Operator, a_letter_that_has_left_is_followed_by_its_cancellation) {
  const auto patient = gateway.enrolled_patient();
  gateway.measure(patient, 82);
  gateway.messaging->work_through();
  const auto letter = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  ASSERT_EQ(letter.state, storage::OutboxState::sent);
  ASSERT_TRUE(write([&](interaction::Act& act) {
    return gateway.messaging->cancel(act, letter.communication_id, {}).map([](const auto&) {});
  }));
  const auto rows = gateway.outbox("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(rows.size(), 2u);
  const auto message = mappings::read_message(rows[1].bytes);
  EXPECT_TRUE(message.acceptable()) << message.failures.at(0).diagnostics;
  EXPECT_EQ(message.status, "C");
  EXPECT_EQ(message.parent_id, letter.msg_id);
  EXPECT_NE(message.id.text, letter.msg_id);
  EXPECT_EQ(rows[1].receiver_her, kGpHer);
  EXPECT_EQ(gateway.get("Communication", letter.communication_id).root()["status"].value(), "entered-in-error");
  const auto thread = read([&](const interaction::View& view) { return thread_of(view, letter.communication_id); });
  EXPECT_THAT(thread, testing::ElementsAre(letter.communication_id, rows[1].communication_id));
  expect_valid(gateway.get("Communication", rows[1].communication_id).root());
  EXPECT_FALSE(write([&](interaction::Act& act) {
    return gateway.messaging->cancel(act, letter.communication_id, {}).map([](const auto&) {});
  })) << "once is enough";
}

TEST_F(Operator, a_letter_that_waits_does_not_leave_when_it_is_taken_back) {
  const auto patient = gateway.enrolled_patient();
  ASSERT_TRUE(write([&](interaction::Act& act) { return gateway.messaging->stop_receiver(act, kGpHer); }));
  gateway.measure(patient, 82);
  gateway.messaging->work_through();
  const auto letter = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  ASSERT_TRUE(write([&](interaction::Act& act) {
    return gateway.messaging->cancel(act, letter.communication_id, {}).map([](const auto&) {});
  }));
  ASSERT_TRUE(write([&](interaction::Act& act) { return gateway.messaging->start_receiver(act, kGpHer); }));
  gateway.messaging->work_through();
  EXPECT_THAT(gateway.files("outbound"), testing::IsEmpty());
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 1u);
}

TEST_F(Operator, the_log_is_searched_by_words_of_what_went_wrong) {
  gateway.receive(lab_report({}, "NPU19748", "4", "mg/L"));  // nobody here is that patient
  const auto find = [&](const std::string& words) {
    return read([&](const interaction::View& view) {
      storage::MessageFilter filter;
      filter.text = words;
      return storage::inbox::log(view, 10, 0, filter).size();
    });
  };
  EXPECT_EQ(find("pasienten finnes ikke"), 1u);
  EXPECT_EQ(find("e35"), 1u);
  EXPECT_EQ(find("100%"), 0u);
  EXPECT_EQ(find("signatur"), 0u);
}

}  // namespace
}  // namespace varde::messaging::test
