// Signed messages through the gateway, where signatures are checked: HIS 80415:2012 §3.3.4, HITS 1168:2016.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using mappings::signature::Anchors;
using storage::InboxState;

class SignedMessage : public testing::Test {
 protected:
  static std::string file(const std::string& name) {
    return read_fixture("../mappings_envelope/fixtures/signature/" + name);
  }

  SignedMessage() {
    gateway.settings.addressing = Addressing::anybody;
    gateway.settings.signature_anchors =
        std::make_shared<const Anchors>(Anchors::from_pem(file("anchors.pem")).value());
    gateway.restart();
    const auto patient = mappings::read_message(file("signed.xml")).patient.value();
    gateway.enrolled_patient({patient.family, patient.given, patient.ids.at(0).value, patient.birth_date, patient.sex});
  }

  mappings::CodedError answered() {
    const auto apprec = mappings::read_apprec(mappings::read_message(gateway.outbox("APPREC").back().bytes));
    return apprec->errors.empty() ? mappings::CodedError{} : apprec->errors[0];
  }
  std::string note_of(const std::string& communication) {
    return std::string(gateway.get("Communication", communication).root()["note"]["text"].value());
  }

  Gateway gateway;
};

TEST_F(SignedMessage, that_holds_has_its_effect_and_its_story_says_who_signed_it) {
  const auto receipt = gateway.receive(file("signed.xml"));
  EXPECT_EQ(gateway.inbox(receipt.number).state, InboxState::processed);
  EXPECT_EQ(answered().code, "");
  EXPECT_EQ(gateway.all("Encounter").size(), 1u);
  EXPECT_THAT(note_of(receipt.communication_id),
              testing::HasSubstr("signert av Fjellvik sykehus HF (983974678). Signaturen er kontrollert"));
}

TEST_F(SignedMessage, that_was_changed_on_its_way_is_refused_with_s01_in_both_languages_and_does_nothing) {
  const auto receipt = gateway.receive(replaced(file("signed.xml"), "<GenDate>2026", "<GenDate>2025"));
  EXPECT_EQ(gateway.inbox(receipt.number).state, InboxState::refused);
  EXPECT_EQ(answered().code, "S01");
  EXPECT_EQ(answered().text, "Feil på signatur");
  EXPECT_THAT(answered().detail, testing::HasSubstr("Signaturen stemmer ikke med meldingen: /MsgHead/Signature | The"));
  EXPECT_TRUE(gateway.all("Encounter").empty());
}

TEST_F(SignedMessage, is_no_duplicate_of_a_false_one_that_came_before_it) {
  const auto before = gateway.receive(replaced(file("signed.xml"), "<GenDate>2026", "<GenDate>2025"));
  EXPECT_EQ(answered().code, "S01");
  EXPECT_EQ(gateway.inbox(before.number).msg_id, before.msg_id) << "the log still tells it by its MsgId";
  const auto receipt = gateway.receive(file("signed.xml"));
  EXPECT_EQ(gateway.inbox(receipt.number).state, InboxState::processed);
  EXPECT_EQ(answered().code, "");
  EXPECT_EQ(gateway.all("Encounter").size(), 1u);
}

TEST_F(SignedMessage, of_a_certificate_that_is_not_trusted_or_taken_back_is_refused_with_s02_or_s03) {
  gateway.receive(file("unknown.xml"));
  EXPECT_EQ(answered().code, "S02");
  gateway.start_over();
  gateway.receive(file("revoked.xml"));
  EXPECT_EQ(answered().code, "S03");
}

TEST_F(SignedMessage, is_checked_after_a_restart_as_well) {
  const auto receipt =
      gateway.messaging->accept({replaced(file("signed.xml"), "<GenDate>2026", "<GenDate>2025"), "test"});
  ASSERT_TRUE(receipt);
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_EQ(answered().code, "S01");
}

TEST_F(SignedMessage, is_taken_unchecked_and_says_so_where_no_anchors_are_set) {
  gateway.settings.signature_anchors = nullptr;
  gateway.restart();
  const auto receipt = gateway.receive(file("unknown.xml"));
  EXPECT_EQ(gateway.inbox(receipt.number).state, InboxState::processed);
  EXPECT_THAT(note_of(receipt.communication_id), testing::HasSubstr("ikke kontrollert"));
}

}  // namespace
}  // namespace varde::messaging::test
