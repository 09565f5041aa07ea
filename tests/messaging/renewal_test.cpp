// Messages of ours that are changed and cancelled: HISD 1154:2018 §3, §4; HITS 1218:2019.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "fhir-model/json/json.h"
#include "mappings/message.h"
#include "server/messaging/names.h"
#include "server/messaging/operator.h"
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
        [&](interaction::Act& act) { return gateway.messaging->change(act, communication, renewed, {}); });
    gateway.messaging->work_through();
    return told;
  }
  Result<std::string> cancel(const std::string& communication) {
    auto told = gateway.repository->write(
        [&](interaction::Act& act) { return gateway.messaging->cancel(act, communication, {}); });
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

/// A second recipient, who gets a copy.
void with_copy(fhir::Tree& bundle) {
  // The fixture has a copy receiver of its own, which is kept to the letter: 91096.
  auto copy = bundle.edit().edit(bundle.root()["entry"]["resource"]).add("recipient");
  auto her_id = copy.ensure("identifier");
  her_id.set("system", "urn:oid:2.16.578.1.12.4.1.2");
  her_id.set("value", "555555");
  copy.set("display", "Fastlegen");
}

class Copies : public Sending {
 protected:
  void SetUp() override {
    const auto sent = send("log_innlagt/sommertid_1.6.xml", with_copy);
    ASSERT_TRUE(sent) << sent.error().diagnostics;
    const auto rows = gateway.outbox("LOG_INNLAGT");
    ASSERT_EQ(rows.size(), 3u);
    message = mappings::read_message(rows[0].bytes);
  }
  storage::OutboxRow row(std::size_t n) { return gateway.outbox("LOG_INNLAGT").at(n); }
  void answer(const std::string& her_id, bool refuse, int n) {
    auto apprec = mappings::answer(message, uuid(n), "2026-11-22T13:00:00", {her_id}).value();
    if (refuse) {
      apprec.status = mappings::AppRecStatus::refused;
      apprec.errors = {{"E35", "Pasienten finnes ikke"}};
    }
    gateway.receive(mappings::write_apprec(apprec));
  }
  std::string story() { return fhir::to_json(gateway.get("Communication", row(0).communication_id).root()); }
  mappings::Message message;
};

TEST_F(Copies, each_receiver_has_a_delivery_of_its_own) {
  EXPECT_TRUE(message.acceptable());
  ASSERT_EQ(message.copy_receivers.size(), 2u);
  EXPECT_EQ(row(1).receiver_her, "91096");
  EXPECT_EQ(row(2).receiver_her, "555555");
  for (const auto n : {1u, 2u}) {
    EXPECT_EQ(row(n).msg_id, row(0).msg_id);
    EXPECT_EQ(row(n).copy_of, row(0).id);
    EXPECT_EQ(row(n).state, storage::OutboxState::sent);
    EXPECT_EQ(gateway.file("outbound", row(0).msg_id + "-" + row(n).receiver_her + ".xml"), row(0).bytes);
  }
  EXPECT_EQ(row(0).state, storage::OutboxState::sent);
  EXPECT_EQ(gateway.file("outbound", row(0).msg_id + ".xml"), row(0).bytes);
  storage::MessageFilter filter;
  filter.msg_id = row(0).msg_id;
  const auto found = gateway.repository->read(
      [&](const interaction::View& view) { return storage::outbox::log(view, 10, 0, filter).size(); });
  EXPECT_EQ(found, 3u) << "the log finds all of them by the MsgId";
}

TEST_F(Copies, each_receipt_is_that_of_its_own_receiver) {
  answer("555555", false, 901);
  EXPECT_EQ(row(0).state, storage::OutboxState::sent);
  EXPECT_EQ(row(2).state, storage::OutboxState::delivered);
  EXPECT_THAT(story(), testing::HasSubstr("Kopimottaker med HER-id 555555: levert"));
  EXPECT_THAT(story(), testing::HasSubstr("\"in-progress\""));
  answer(row(0).receiver_her, false, 902);
  EXPECT_EQ(row(0).state, storage::OutboxState::delivered);
  EXPECT_THAT(story(), testing::HasSubstr("\"completed\""));
}

TEST_F(Copies, a_copy_that_is_refused_is_told_and_the_message_stands) {
  answer("555555", true, 901);
  EXPECT_EQ(row(2).state, storage::OutboxState::refused);
  EXPECT_EQ(row(0).state, storage::OutboxState::sent);
  ASSERT_EQ(gateway.tasks("message-refused").size(), 1u);
  EXPECT_THAT(std::string(gateway.tasks("message-refused")[0].root()["description"].value()),
              testing::HasSubstr("Kopimottakeren med HER-id 555555"));
}

TEST_F(Copies, each_is_overdue_by_itself) {
  answer(row(0).receiver_her, false, 901);
  gateway.pass(std::chrono::hours{97});
  gateway.messaging->work_through();
  EXPECT_EQ(row(0).state, storage::OutboxState::delivered);
  EXPECT_EQ(row(2).state, storage::OutboxState::overdue);
  EXPECT_EQ(gateway.tasks("message-overdue").size(), 2u) << "each copy";
  EXPECT_THAT(story(), testing::HasSubstr("\"completed\""));
}

TEST_F(Copies, a_cancellation_goes_to_everybody_who_has_the_message) {
  const auto told = gateway.repository->write(
      [&](interaction::Act& act) { return gateway.messaging->cancel(act, row(0).communication_id, {}); });
  ASSERT_TRUE(told) << told.error().diagnostics;
  gateway.messaging->work_through();
  ASSERT_EQ(gateway.outbox("LOG_INNLAGT").size(), 6u);
  EXPECT_EQ(row(4).receiver_her, "91096");
  EXPECT_EQ(row(5).receiver_her, "555555");
  EXPECT_EQ(row(5).copy_of, row(3).id);
  EXPECT_EQ(mappings::read_message(row(5).bytes).status, "C");
}

TEST_F(Sending, what_was_sent_is_changed_by_what_it_says_from_now_on) {
  const auto path = first_fixture("henvisning_nytilstand/");
  const auto sent = send(path);
  ASSERT_TRUE(sent) << sent.error().diagnostics;
  const auto row = gateway.repository->read(
      [&](const interaction::View& view) { return storage::outbox::by_msg_id(view, *sent).value(); });
  Renewed renewed{mappings::to_fhir(mappings::read_message(row.bytes), row.bytes).value(), ""};
  const auto told = gateway.repository->write(
      [&](interaction::Act& act) { return gateway.messaging->change(act, row.communication_id, renewed, {}); });
  ASSERT_TRUE(told) << told.error().diagnostics;
  const auto second = mappings::read_message(gateway.outbox(row.type).at(1).bytes);
  EXPECT_EQ(second.status, "M");
  EXPECT_EQ(second.document_id, mappings::read_message(row.bytes).document_id) << "the document is the same";
  EXPECT_TRUE(second.acceptable());
}

}  // namespace
}  // namespace varde::messaging::test
