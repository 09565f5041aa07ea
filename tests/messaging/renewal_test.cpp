// Messages of ours that are changed and cancelled: HISD 1154:2018 §3, §4; HITS 1218:2019.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "mappings/message.h"
#include "server/messaging/desk.h"
#include "server/messaging/names.h"
#include "server/messaging/renewal.h"
#include "server/messaging/sending.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

constexpr const char* kLetter = "HELSEOPPLYSNINGER_LEGE";

class Renewal : public testing::Test {
 protected:
  Renewal() : patient(gateway.enrolled_patient()) {
    gateway.measure(patient, 82);
    gateway.messaging->work_through();
  }
  std::vector<storage::OutboxRow> letters() { return gateway.outbox(kLetter); }
  mappings::Message message(std::size_t n) { return mappings::read_message(letters().at(n).bytes); }

  Result<std::string> change(const std::string& communication, Renewed renewed = {std::nullopt, "Ny vurdering."}) {
    auto told = gateway.repository->write(
        [&](interaction::Act& act) { return gateway.messaging->change(act, communication, renewed); });
    gateway.messaging->work_through();
    return told;
  }
  Result<std::string> cancel(const std::string& communication) {
    auto told =
        gateway.repository->write([&](interaction::Act& act) { return gateway.messaging->cancel(act, communication); });
    gateway.messaging->work_through();
    return told;
  }
  std::string state_of(const std::string& communication) {
    const auto story = gateway.get("Communication", communication);
    for (const auto coding : story.root()["statusReason"].each("coding"))
      if (coding["system"].value() == names::kMessageState) return std::string(coding["code"].value());
    return {};
  }

  Gateway gateway;
  std::string patient;
};

TEST_F(Renewal, a_change_is_the_whole_letter_anew_to_the_same_receiver_and_refers_to_the_one_before_and_the_first) {
  gateway.measure(patient, 91);
  const auto told = change(letters().at(0).communication_id);
  ASSERT_TRUE(told) << told.error().diagnostics;
  ASSERT_EQ(letters().size(), 2u);
  const auto first = message(0), second = message(1);
  EXPECT_TRUE(second.acceptable()) << second.failures.at(0).diagnostics;
  EXPECT_EQ(second.status, "M");
  EXPECT_NE(second.id.text, first.id.text);
  EXPECT_EQ(second.parent_id, first.id.text);
  EXPECT_EQ(second.conversation_id, first.id.text);
  EXPECT_EQ(second.receiver.her_id().text, first.receiver.her_id().text);
  EXPECT_EQ(second.type, kLetter);
  EXPECT_THAT(letters()[1].bytes, testing::HasSubstr("91 %"));
  EXPECT_THAT(letters()[1].bytes, testing::HasSubstr("Ny vurdering."));
  EXPECT_EQ(letters()[1].state, storage::OutboxState::sent);
  EXPECT_EQ(state_of(letters()[0].communication_id), "replaced");
  expect_valid(gateway.get("Communication", *told).root());

  const auto third = change(*told);
  ASSERT_TRUE(third) << third.error().diagnostics;
  EXPECT_EQ(message(2).parent_id, second.id.text);
  EXPECT_EQ(message(2).conversation_id, first.id.text);
}

TEST_F(Renewal, only_the_last_version_can_be_changed_or_cancelled) {
  const auto first = letters().at(0).communication_id;
  ASSERT_TRUE(change(first));
  for (const auto& again : {change(first), cancel(first)}) {
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().fault, Fault::business_rule);
    EXPECT_THAT(again.error().diagnostics, testing::StartsWith("Meldingen er trukket tilbake eller erstattet"));
  }
}

TEST_F(Renewal, a_cancellation_takes_back_the_letter_and_its_changes) {
  const auto first = letters().at(0).communication_id;
  const auto changed = change(first);
  ASSERT_TRUE(changed);
  ASSERT_TRUE(cancel(*changed));
  EXPECT_EQ(message(2).status, "C");
  EXPECT_EQ(message(2).parent_id, message(1).id.text);
  EXPECT_EQ(message(2).conversation_id, message(0).id.text);
  EXPECT_EQ(gateway.get("Communication", first).root()["status"].value(), "entered-in-error");
  EXPECT_EQ(gateway.get("Communication", *changed).root()["status"].value(), "entered-in-error");
}

TEST_F(Renewal, a_receipt_that_comes_later_does_not_bring_a_cancelled_letter_back) {
  const auto first = letters().at(0);
  ASSERT_TRUE(cancel(first.communication_id));
  gateway.receive(gateway.apprec_to(first.bytes));
  EXPECT_EQ(letters()[0].state, storage::OutboxState::delivered);
  EXPECT_EQ(state_of(first.communication_id), "cancelled");
  EXPECT_TRUE(gateway.get("Communication", first.communication_id).root().extension(names::kAppRec));
}

TEST_F(Renewal, a_letter_counts_again_when_its_receiver_refuses_the_change) {
  const auto first = letters().at(0);
  gateway.receive(gateway.apprec_to(first.bytes));
  const auto changed = change(first.communication_id);
  ASSERT_TRUE(changed);
  gateway.receive(gateway.apprec_to(letters()[1].bytes, true, 901));
  EXPECT_EQ(state_of(*changed), "refused");
  EXPECT_EQ(state_of(first.communication_id), "delivered");
  EXPECT_THAT(std::string(gateway.get("Communication", first.communication_id).root()["note"]["text"].value()),
              testing::HasSubstr("avvist endringen"));
  EXPECT_EQ(gateway.tasks("message-refused").size(), 1u);
  EXPECT_TRUE(cancel(first.communication_id)) << "and it can be taken back";
}

TEST_F(Renewal, what_is_out_of_force_is_not_sent_again) {
  const auto first = letters().at(0);
  ASSERT_TRUE(cancel(first.communication_id));
  const auto again = gateway.repository->write([&](interaction::Act& act) { return send_again(act, first.id); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, Fault::business_rule);
}

TEST_F(Renewal, a_change_that_waits_and_is_taken_back_leaves_the_letter_as_it_was) {
  const auto first = letters().at(0);
  ASSERT_TRUE(
      gateway.repository->write([&](interaction::Act& act) { return gateway.messaging->stop_receiver(act, kGpHer); }));
  const auto changed = change(first.communication_id);
  ASSERT_TRUE(changed);
  ASSERT_TRUE(cancel(*changed));
  EXPECT_EQ(letters().size(), 2u) << "nothing is sent about a change that never left";
  EXPECT_EQ(state_of(first.communication_id), "sent");
}

/// What others send us, sent by us: our own fixtures as Bundles.
class Sending : public testing::Test {
 protected:
  Result<std::string> send(const std::string& fixture, const std::function<void(fhir::Tree&)>& made_else = {}) {
    const auto xml = read_fixture(fixture);
    const auto message = mappings::read_message(xml);
    if (enrols) be_known(message.patient.value());
    auto bundle = mappings::to_fhir(message, xml).value();
    auto communication = bundle.edit().edit(bundle.root()["entry"]["resource"]);
    for (const char* theirs : {"identifier", "sent", "sender"}) communication.remove(theirs);
    if (made_else) made_else(bundle);
    auto draft = gateway.repository->read(
        [&](const interaction::View& view) { return gateway.messaging->draft_message(view, bundle.root()); });
    if (!draft) return tl::unexpected<Failure>(draft.error());
    auto sent =
        gateway.repository->write([&](interaction::Act& act) { return gateway.messaging->send_message(act, *draft); });
    gateway.messaging->work_through();
    return sent;
  }
  void be_known(const mappings::PatientIdentity& patient) {
    if (std::ranges::find(known, patient.ids.at(0).value) != known.end()) return;
    gateway.patient({patient.family, patient.given, patient.ids[0].value, patient.birth_date, patient.sex});
    known.push_back(patient.ids[0].value);
  }

  Gateway gateway;
  std::vector<std::string> known;
  bool enrols = true;
};

TEST_F(Sending, every_type_that_we_write_goes_out_as_ours_and_is_a_message_that_others_take) {
  for (const char* fixture : {"log_innlagt/sommertid_1.6.xml", "log_utskrevet/", "helseoppl_soknad/",
                              "helseopplysninger_lege/", "log_dod/", "henvisning_nytilstand/"}) {
    const auto path = first_fixture(fixture);
    const auto sent = send(path);
    ASSERT_TRUE(sent) << path << ": " << sent.error().diagnostics << " " << sent.error().expression;
    const auto row = gateway.repository->read(
        [&](const interaction::View& view) { return storage::outbox::by_msg_id(view, *sent).value(); });
    const auto message = mappings::read_message(row.bytes);
    EXPECT_TRUE(message.acceptable()) << path;
    EXPECT_EQ(message.sender.her_id().text, kUs) << path;
    EXPECT_EQ(row.state, storage::OutboxState::sent) << path;
    const auto story = gateway.get("Communication", row.communication_id);
    EXPECT_FALSE(story.root()["subject"]["reference"].value().empty()) << path;
    expect_valid(story.root());
  }
}

TEST_F(Sending, nobody_writes_in_anothers_name) {
  const auto sent = send("log_innlagt/sommertid_1.6.xml", [](fhir::Tree& bundle) {
    auto communication = bundle.edit().edit(bundle.root()["entry"]["resource"]);
    auto sender = communication.ensure("sender").ensure("identifier");
    sender.set("system", "urn:oid:2.16.578.1.12.4.1.2");
    sender.set("value", "999999");
    communication.ensure("sender").set("display", "En annen");
  });
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().fault, Fault::business_rule);
  EXPECT_THAT(sent.error().expression, testing::HasSubstr("sender"));
}

TEST_F(Sending, a_patient_whom_nobody_knows_here_is_not_written_about) {
  enrols = false;
  const auto sent = send("log_innlagt/sommertid_1.6.xml");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().fault, Fault::business_rule);
  EXPECT_TRUE(gateway.all("Communication").empty());
}

TEST_F(Sending, what_was_sent_is_changed_by_what_it_says_from_now_on) {
  const auto path = first_fixture("henvisning_nytilstand/");
  const auto sent = send(path);
  ASSERT_TRUE(sent) << sent.error().diagnostics;
  const auto row = gateway.repository->read(
      [&](const interaction::View& view) { return storage::outbox::by_msg_id(view, *sent).value(); });
  Renewed renewed{mappings::to_fhir(mappings::read_message(row.bytes), row.bytes).value(), ""};
  const auto told = gateway.repository->write(
      [&](interaction::Act& act) { return gateway.messaging->change(act, row.communication_id, renewed); });
  ASSERT_TRUE(told) << told.error().diagnostics;
  const auto second = mappings::read_message(gateway.outbox(row.type).at(1).bytes);
  EXPECT_EQ(second.status, "M");
  EXPECT_EQ(second.document_id, mappings::read_message(row.bytes).document_id) << "the document is the same";
  EXPECT_TRUE(second.acceptable());
}

}  // namespace
}  // namespace varde::messaging::test
