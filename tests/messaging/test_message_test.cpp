// Holds us to code list 8213 (HIS 80601:2006, ProcessingStatus): what is for debugging or training is about nobody
// real.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "server/storage/erasure.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using storage::InboxState;

std::string with_status(const std::string& xml, const std::string& code) {
  return replaced(xml, "</MsgId>", "</MsgId><ProcessingStatus V=\"" + code + "\" DN=\"x\"/>");
}

class TestMessage : public testing::Test {
 protected:
  std::string status_of_answer() {
    const auto answers = gateway.outbox("APPREC");
    if (answers.size() != 1) return "none";
    const auto apprec = mappings::read_apprec(mappings::read_message(answers[0].bytes));
    return apprec->errors.empty() ? "OK" : apprec->errors[0].code;
  }
  Gateway gateway;
};

TEST_F(TestMessage, of_debugging_or_training_is_answered_and_pauses_nobody) {
  for (const std::string code : {"D", "T"}) {
    SCOPED_TRACE(code);
    gateway.start_over();
    const auto patient = gateway.enrolled_patient();
    const auto receipt = gateway.receive(with_status(demo::write(gateway.letter("LOG_INNLAGT", 1)), code));
    EXPECT_FALSE(gateway.is_paused(patient));
    EXPECT_TRUE(gateway.all("Encounter").empty());
    EXPECT_TRUE(gateway.all("Task").empty());
    EXPECT_EQ(status_of_answer(), "OK");
    const auto row = gateway.inbox(receipt.number);
    EXPECT_EQ(row.state, InboxState::test);
    EXPECT_EQ(row.apprec_status, "1");
    const auto story = gateway.get("Communication", receipt.communication_id);
    EXPECT_EQ(story.root()["subject"]["reference"].value(), "Patient/" + patient);
    EXPECT_THAT(std::string(story.root()["statusReason"]["text"].value()), testing::StartsWith("Testmelding"));
    expect_valid(story.root());
  }
}

TEST_F(TestMessage, of_production_does_what_it_says) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(with_status(demo::write(gateway.letter("LOG_INNLAGT", 1)), "P"));
  EXPECT_TRUE(gateway.is_paused(patient));
}

TEST_F(TestMessage, does_what_it_says_where_the_installation_is_for_tests) {
  gateway.settings.test_messages = TestMessages::process;
  gateway.restart();
  const auto patient = gateway.enrolled_patient();
  const auto receipt = gateway.receive(with_status(demo::write(gateway.letter("LOG_INNLAGT", 1)), "D"));
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.inbox(receipt.number).state, InboxState::processed);
}

TEST_F(TestMessage, makes_no_patient_of_a_referral_and_withdraws_nothing_by_a_cancellation) {
  gateway.receive(with_status(demo::write(gateway.letter("HELSEOPPL_SOKNAD", 1)), "T"));
  EXPECT_TRUE(gateway.all("Patient").empty());
  EXPECT_TRUE(gateway.all("Task").empty());
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 2));
  ASSERT_TRUE(gateway.is_paused(patient));
  auto cancelled = gateway.letter("LOG_INNLAGT", 3);
  cancelled.status = "C";
  cancelled.parent = cancelled.conversation = uuid(2);
  gateway.receive(with_status(demo::write(cancelled), "T"));
  EXPECT_TRUE(gateway.is_paused(patient));
}

TEST_F(TestMessage, that_is_wrong_is_refused_with_the_usual_code) {
  const auto receipt = gateway.receive(with_status(demo::write(gateway.letter("LOG_INNLAGT", 1)), "D"));
  EXPECT_EQ(status_of_answer(), "E35") << "nobody is known here yet";
  EXPECT_EQ(gateway.inbox(receipt.number).state, InboxState::refused);
}

TEST_F(TestMessage, to_somebody_else_is_no_work_for_anybody) {
  auto letter = gateway.letter("LOG_INNLAGT", 1);
  letter.receiver = {"Annen kommune", "700", "Hjemmetjenesten", "701"};
  gateway.receive(with_status(demo::write(letter), "D"));
  EXPECT_TRUE(gateway.all("Task").empty());
}

TEST_F(TestMessage, receipts_leave_our_letter_as_it_is) {
  const auto patient = gateway.enrolled_patient();
  ASSERT_TRUE(gateway.send_summary(patient, "Vurdering ønskes."));
  gateway.messaging->work_through();
  const auto sent = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  const auto apprec = gateway.apprec_to(sent.bytes, true);
  const auto receipt = gateway.receive(replaced(apprec, "<GenDate>", "<ProcessingStatus V=\"D\" DN=\"x\"/><GenDate>"));
  EXPECT_EQ(gateway.inbox(receipt.number).state, InboxState::test);
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0).state, storage::OutboxState::sent);
  EXPECT_TRUE(gateway.tasks("message-refused").empty());
}

TEST_F(TestMessage, uses_up_no_message_id_and_needs_none_that_is_free) {
  for (const bool test_first : {true, false}) {
    SCOPED_TRACE(test_first);
    gateway.start_over();
    const auto patient = gateway.enrolled_patient();
    const auto real = demo::write(gateway.letter("LOG_INNLAGT", 1));
    const auto test = with_status(demo::write(gateway.letter("LOG_UTSKREVET", 1)), "T");
    gateway.receive(test_first ? test : real);
    gateway.receive(test_first ? real : test);
    EXPECT_EQ(gateway.inbox(test_first ? 1 : 2).state, InboxState::test);
    EXPECT_EQ(gateway.inbox(test_first ? 2 : 1).state, InboxState::processed);
    EXPECT_TRUE(gateway.is_paused(patient));
    EXPECT_TRUE(gateway.all("Task").empty());
    EXPECT_EQ(gateway.outbox("APPREC").size(), 2u);
    for (const auto& again : {test, real}) gateway.receive(again);
    EXPECT_EQ(gateway.inbox(3).state, InboxState::duplicate);
    EXPECT_EQ(gateway.inbox(4).state, InboxState::duplicate);
    EXPECT_EQ(gateway.outbox("APPREC").size(), 2u) << "a repetition has no answer of its own";
    EXPECT_TRUE(gateway.all("Task").empty());
  }
}

TEST_F(TestMessage, is_taken_though_the_other_one_still_waits_its_turn) {
  const auto patient = gateway.enrolled_patient();
  const auto real = demo::write(gateway.letter("LOG_INNLAGT", 1));
  EXPECT_FALSE(gateway.messaging->accept({with_status(real, "D"), "test"})->duplicate);
  EXPECT_FALSE(gateway.messaging->accept({real, "test"})->duplicate);
  EXPECT_TRUE(gateway.messaging->accept({with_status(real, "D"), "test"})->duplicate);
  gateway.messaging->work_through();
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.outbox("APPREC").size(), 2u);
}

TEST_F(TestMessage, is_erased_with_the_patient_whom_it_names) {
  const auto patient = gateway.enrolled_patient();
  const auto other = gateway.patient(demo::unknown_patient());
  gateway.receive(with_status(demo::write(gateway.letter("LOG_INNLAGT", 1)), "T"));
  auto letter = gateway.letter("LOG_INNLAGT", 2);
  letter.patient = demo::unknown_patient();
  gateway.receive(with_status(demo::write(letter), "T"));
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) -> Result<void> {
    const auto key = act.patient_key(patient);
    EXPECT_EQ(storage::erasure::belongings(act, key).received, 1);
    storage::erasure::erase(act, key);
    return {};
  }));
  gateway.repository->read([&](const interaction::View& view) {
    EXPECT_FALSE(storage::inbox::get(view, 1));
    EXPECT_TRUE(storage::inbox::get(view, 2)) << "it names " << other;
    return 0;
  });
}

}  // namespace
}  // namespace varde::messaging::test
