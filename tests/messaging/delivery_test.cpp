// Holds us to HITS 1168:2016 §9.1 and HIS 80415:2012 §3.2: what we send, how often, and what the AppRec does to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "server/messaging/delivery.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/party.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

using namespace std::chrono_literals;
using storage::OutboxState;
using testing::HasSubstr;
using testing::Not;

class Delivery : public testing::Test {
 protected:
  /// A red value: alert, summary, sent into the folder.
  storage::OutboxRow sent_summary() {
    patient = gateway.enrolled_patient();
    gateway.measure(patient, 82);
    gateway.messaging->work_through();
    return gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  }
  void block_outbound() {
    std::filesystem::rename(gateway.directory / "messages/outbound", gateway.directory / "messages/away");
  }
  void open_outbound() {
    std::filesystem::rename(gateway.directory / "messages/away", gateway.directory / "messages/outbound");
  }
  std::string status_of(const storage::OutboxRow& row) {
    return std::string(gateway.get("Communication", row.communication_id).root()["status"].value());
  }

  std::string note_of(const storage::OutboxRow& row) {
    const auto message = mappings::read_message(row.bytes);
    for (const auto& child : message.payload()->children)
      if (child.name == "MedisinskfagligeOpplysninger" || child.name == "InfoMedisinskfagligeOpplysninger")
        for (const auto& text : child.children)
          if (text.at("Overskriftskode/@V") == "PROB") return std::string(text.at("Notat"));
    return row.bytes;
  }
  void enter_in_error(const std::string& id) {
    auto observation = gateway.get("Observation", id);
    observation.edit().set("status", "entered-in-error");
    ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(observation.edit(), id); }));
  }

  Gateway gateway;
  std::string patient;
};

TEST_F(Delivery, a_red_alert_sends_the_gp_a_summary_that_the_schemas_accept_and_that_tells_the_measurement) {
  const auto row = sent_summary();
  EXPECT_EQ(row.state, OutboxState::sent);
  EXPECT_EQ(row.priority, storage::Priority::urgent) << "before routine letters and receipts";
  EXPECT_EQ(row.receiver_her, kGpHer);
  EXPECT_EQ(gateway.file("outbound", row.msg_id + ".xml"), row.bytes);
  const auto message = mappings::read_message(row.bytes);
  EXPECT_TRUE(message.acceptable());
  EXPECT_EQ(message.type, "HELSEOPPLYSNINGER_LEGE");
  EXPECT_EQ(message.version, "1.6");
  EXPECT_EQ(message.id.text, row.msg_id);
  EXPECT_THAT(row.bytes, HasSubstr("SpO2"));
  EXPECT_THAT(row.bytes, HasSubstr("82"));
  EXPECT_EQ(status_of(row), "in-progress");
  for (const auto& tree : gateway.all("Communication")) expect_valid(tree.root());
  for (const auto& tree : gateway.all("Task")) expect_valid(tree.root());
}

// Issue 8 section 3: the one writer does only what must be serial.
TEST_F(Delivery, the_alerts_transaction_holds_the_intent_to_tell_the_gp_and_no_letter) {
  patient = gateway.enrolled_patient();
  const auto id = gateway.measure(patient, 82);
  EXPECT_TRUE(gateway.outbox("HELSEOPPLYSNINGER_LEGE").empty());
  const auto intents = gateway.repository->read([&](const interaction::View& view) {
    return storage::due::of(view, storage::DueKind::summary, view.patient_key(patient));
  });
  ASSERT_EQ(intents.size(), 1u);
  EXPECT_EQ(intents[0].subject, id);
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 1u);
}

TEST_F(Delivery, what_is_withdrawn_before_the_letter_is_drafted_is_not_told) {
  patient = gateway.enrolled_patient();
  enter_in_error(gateway.measure(patient, 82));
  gateway.messaging->work_through();
  EXPECT_TRUE(gateway.outbox("HELSEOPPLYSNINGER_LEGE").empty());
  gateway.pass(2h);
  gateway.messaging->work_through();
  EXPECT_TRUE(gateway.outbox("HELSEOPPLYSNINGER_LEGE").empty());
}

TEST_F(Delivery, what_comes_before_the_letter_is_drafted_stands_in_it) {
  patient = gateway.enrolled_patient();
  gateway.measure(patient, 82);
  gateway.pass(1s);
  gateway.measure(patient, 60);
  gateway.messaging->work_through();
  const auto rows = gateway.outbox("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(note_of(rows[0]), HasSubstr("SpO2 60 %"));
}

TEST_F(Delivery, a_draft_whose_reading_or_patient_changed_meanwhile_is_not_posted) {
  patient = gateway.enrolled_patient();
  const auto id = gateway.measure(patient, 82);
  const auto drafted = [&] {
    return gateway.repository
        ->read([&](const interaction::View& view) { return draft(view, gateway.settings, patient, {"Rødt."}); })
        .value();
  };
  const auto posted = [&](Draft&& letter) {
    const auto done =
        gateway.repository->write([&](interaction::Act& act) { return post(act, gateway.settings, letter); });
    return done ? std::string("posted") : std::string(row_of(done.error().fault).name);
  };
  EXPECT_EQ(posted(drafted()), "posted");
  auto before_reading = drafted();
  enter_in_error(id);
  EXPECT_EQ(posted(std::move(before_reading)), row_of(Fault::version_conflict).name);
  auto before_patient = drafted();
  auto changed = gateway.get("Patient", patient);
  changed.edit().set("deceasedBoolean", "true");
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(changed.edit(), patient); }));
  EXPECT_EQ(posted(std::move(before_patient)), row_of(Fault::version_conflict).name);
}

TEST_F(Delivery, one_summary_per_interval_whatever_the_number_of_alerts) {
  sent_summary();
  gateway.pass(10min);
  gateway.measure(patient, 80);
  gateway.pass(30min);
  gateway.measure(patient, 79);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 1u);
}

TEST_F(Delivery, what_the_interval_held_back_is_sent_when_it_ends_with_the_worst_and_the_latest) {
  sent_summary();
  for (const int value : {80, 60, 84}) gateway.pass(10min), gateway.measure(patient, value);
  gateway.pass(31min);
  gateway.messaging->work_through();
  const auto rows = gateway.outbox("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(note_of(rows[1]),
              HasSubstr("SpO2 60 % er under rød grense 85 % (22.11. kl. 13.20), siste måling SpO2 84 % "
                        "(22.11. kl. 13.30)"));
  gateway.restart();
  gateway.pass(2h);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 2u);
}

TEST_F(Delivery, what_was_held_back_and_turned_out_to_be_wrong_is_not_sent) {
  sent_summary();
  const auto id = gateway.measure(patient, 60);
  enter_in_error(id);
  gateway.pass(61min);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 1u);
}

TEST_F(Delivery, a_measure_that_turns_red_is_news_whatever_was_told_of_another) {
  sent_summary();
  gateway.pass(10min);
  gateway.measure(patient, 150, "8867-4", "/min");
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 1u);
  gateway.pass(51min);
  gateway.messaging->work_through();
  auto rows = gateway.outbox("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(note_of(rows[1]), HasSubstr("150"));
  gateway.pass(61min);
  gateway.measure(patient, 160, "8867-4", "/min");  // worse than what was told
  gateway.pass(61min);
  gateway.measure(patient, 155, "8867-4", "/min");  // not worse: the Task is enough
  gateway.messaging->work_through();
  rows = gateway.outbox("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(note_of(rows[2]), HasSubstr("160"));
}

TEST_F(Delivery, a_reading_that_was_told_and_is_entered_in_error_or_corrected_is_taken_back_in_a_letter) {
  patient = gateway.enrolled_patient();
  const auto id = gateway.measure(patient, 82);
  gateway.messaging->work_through();
  enter_in_error(id);
  gateway.messaging->work_through();
  auto rows = gateway.outbox("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(note_of(rows[1]), HasSubstr("SpO2 82 % (22.11. kl. 13.00) er feilført: se bort fra den"));
  EXPECT_TRUE(mappings::read_message(rows[1].bytes).acceptable());
  EXPECT_EQ(mappings::read_message(rows[1].bytes).parent_id, rows[0].msg_id);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 2u);
}

TEST_F(Delivery, says_that_somebody_follows_up_only_when_somebody_does) {
  const auto first = sent_summary();
  EXPECT_THAT(note_of(first), Not(HasSubstr("følger opp pasienten")));
  gateway.pass(10min);
  gateway.measure(patient, 80);
  auto tasks = gateway.tasks("alert");
  auto& task = tasks.at(1);
  task.edit().set("status", "accepted");
  const std::string id(task.root()["id"].value());
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(task.edit(), id); }));
  gateway.pass(51min);
  gateway.messaging->work_through();
  EXPECT_THAT(note_of(gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(1)),
              HasSubstr("Oppfølgingssenteret følger opp pasienten."));
}

TEST_F(Delivery, carries_the_telephone_of_the_unit_and_who_is_responsible) {
  const auto row = sent_summary();
  const auto message = mappings::read_message(row.bytes);
  EXPECT_EQ(message.payload()->at("TilknyttetEnhet/Kontaktenhet/TeleCom/TeleAddress/@V"), "tel:75555000");
  EXPECT_EQ(message.payload()->at("AnsvarForRapport/AnsvarligRapport/FamilyName"), "Omsorg");
}

TEST_F(Delivery, a_nurse_may_send_a_summary_at_any_time) {
  sent_summary();
  const auto message = gateway.send_summary(patient, "Ønsker vurdering av grensene.");
  ASSERT_TRUE(message) << message.error().diagnostics;
  gateway.messaging->work_through();
  const auto rows = gateway.outbox("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].msg_id, *message);
  EXPECT_THAT(rows[1].bytes, HasSubstr("Ønsker vurdering av grensene."));
}

TEST_F(Delivery, without_a_gp_the_alert_stands_and_a_person_is_told) {
  const auto id = gateway.patient(demo::copd_patient(), false);
  gateway.enrol(id);
  gateway.measure(id, 82);
  EXPECT_EQ(gateway.tasks("alert").size(), 1u);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
  gateway.measure(id, 80);
  gateway.pass(2h);
  gateway.measure(id, 70);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);  // one for the patient, not one for each reading
  const auto asked = gateway.send_summary(id, "");
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().fault, Fault::business_rule);
  EXPECT_EQ(asked.error().expression, "Patient.generalPractitioner");
}

TEST_F(Delivery, an_apprec_that_says_ok_delivers_its_message) {
  const auto row = sent_summary();
  gateway.receive(gateway.apprec_to(row.bytes));
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].state, OutboxState::delivered);
  EXPECT_EQ(status_of(row), "completed");
  EXPECT_TRUE(gateway.outbox("APPREC").empty());  // never an AppRec for an AppRec
}

TEST_F(Delivery, an_apprec_that_refuses_becomes_work_with_its_reasons_in_norwegian) {
  const auto row = sent_summary();
  gateway.receive(gateway.apprec_to(row.bytes, true));
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].state, OutboxState::refused);
  EXPECT_EQ(status_of(row), "stopped");
  const auto tasks = gateway.tasks("message-refused");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_THAT(std::string(tasks[0].root()["description"].value()),
              HasSubstr("E35 Pasienten finnes ikke i mottakersystemet"));
  EXPECT_EQ(tasks[0].root()["for"]["reference"].value(), "Patient/" + patient);
}

TEST_F(Delivery, the_first_of_two_contradicting_apprecs_stands_and_a_person_is_told) {
  const auto row = sent_summary();
  gateway.receive(gateway.apprec_to(row.bytes));
  gateway.receive(gateway.apprec_to(row.bytes, true, 901));
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].state, OutboxState::delivered);
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
  EXPECT_TRUE(gateway.tasks("message-refused").empty());
}

TEST_F(Delivery, an_apprec_that_matches_nothing_or_comes_from_another_is_not_used_and_a_person_is_told) {
  const auto row = sent_summary();
  auto of_another = gateway.apprec_to(row.bytes);
  for (std::size_t at; (at = of_another.find(kGpHer)) != of_another.npos;) of_another.replace(at, 6, "777777");
  gateway.receive(of_another);
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].state, OutboxState::sent);
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
  auto of_nothing = gateway.apprec_to(row.bytes, false, 902);
  of_nothing.replace(of_nothing.find(row.msg_id), row.msg_id.size(), uuid(555));
  gateway.receive(of_nothing);
  EXPECT_EQ(gateway.tasks("technical").size(), 2u);
}

TEST_F(Delivery, an_apprec_from_the_persons_organisation_with_the_persons_number_is_from_the_one_we_wrote_to) {
  const auto row = sent_summary();
  const auto sent = mappings::read_message(row.bytes);
  auto apprec = mappings::read_apprec(mappings::read_message(gateway.apprec_to(row.bytes))).value();
  // The GP's system knows the person by HPR number only, the place by its HER-id.
  apprec.sender.person_ids = {{"9144889", "HPR"}};
  gateway.receive(mappings::write_apprec(apprec));
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0).state, OutboxState::sent) << "another person at that place";
  ASSERT_TRUE(
      is_same_party(mappings::Party{.organisation_ids = {{"920.010", "HER"}}, .person_ids = {{"9144889", "HPR"}}},
                    mappings::Party{.organisation_ids = {{"920010", "HER"}}, .person_ids = {{"9144889", "HPR"}}}));
  EXPECT_FALSE(
      is_same_party(mappings::Party{.organisation_ids = {{"920011", "HER"}}, .person_ids = {{"9144889", "HPR"}}},
                    mappings::Party{.organisation_ids = {{"920010", "HER"}}, .person_ids = {{"9144889", "HPR"}}}));
}

TEST_F(Delivery, no_apprec_in_96_hours_makes_one_alert_and_a_late_one_still_counts) {
  const auto row = sent_summary();
  gateway.pass(96h - 1min);
  gateway.messaging->work_through();
  EXPECT_TRUE(gateway.tasks("message-overdue").empty());
  gateway.pass(2min);
  gateway.messaging->work_through();
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.tasks("message-overdue").size(), 1u);
  EXPECT_EQ(status_of(row), "on-hold");
  gateway.restart();
  gateway.pass(24h);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.tasks("message-overdue").size(), 1u);
  gateway.receive(gateway.apprec_to(row.bytes));
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].state, OutboxState::delivered);
  EXPECT_EQ(status_of(row), "completed");
  EXPECT_EQ(gateway.tasks("message-overdue")[0].root()["status"].value(), "completed");
}

TEST_F(Delivery, a_person_is_told_after_the_fifth_attempt_and_the_task_is_done_when_the_message_is_sent) {
  patient = gateway.enrolled_patient();
  block_outbound();
  gateway.measure(patient, 82);
  for (int attempt = 1; attempt <= 5; ++attempt) {
    gateway.messaging->work_through();
    EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].attempts, attempt);
    EXPECT_EQ(gateway.tasks("technical").size(), attempt < 5 ? 0u : 1u) << attempt;
    gateway.pass(61min);
  }
  open_outbound();
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].state, OutboxState::sent);
  EXPECT_EQ(gateway.tasks("technical").at(0).root()["status"].value(), "completed");
}

TEST_F(Delivery, a_failing_transport_is_tried_again_with_growing_pauses_also_after_a_restart) {
  patient = gateway.enrolled_patient();
  block_outbound();
  gateway.measure(patient, 82);
  gateway.messaging->work_through();
  auto row = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  EXPECT_EQ(row.state, OutboxState::queued);
  EXPECT_EQ(row.attempts, 1);
  gateway.pass(29s);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].attempts, 1);
  gateway.pass(2s);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].attempts, 2);
  gateway.close();
  open_outbound();
  gateway.open();
  gateway.pass(2min);
  gateway.messaging->work_through();
  row = gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0];
  EXPECT_EQ(row.state, OutboxState::sent);
  EXPECT_EQ(row.attempts, 3);
  EXPECT_EQ(gateway.files("outbound").size(), 1u);
}

TEST_F(Delivery, a_transport_that_keeps_failing_is_told_of_once_and_once_more_at_the_deadline) {
  patient = gateway.enrolled_patient();
  block_outbound();
  gateway.measure(patient, 82);
  for (int i = 0; i < 100; ++i) {
    gateway.messaging->work_through();
    gateway.pass(61min);
  }
  EXPECT_GT(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].attempts, 50);
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
  EXPECT_EQ(gateway.tasks("message-overdue").size(), 1u);
}

TEST_F(Delivery, one_message_that_cannot_be_sent_holds_up_no_other) {
  patient = gateway.enrolled_patient();
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) -> Result<void> {
    storage::OutboxRow poison;
    poison.msg_id = "../poison", poison.type = "APPREC", poison.receiver_her = "1", poison.bytes = "<a/>";
    storage::outbox::add(act, poison);
    return {};
  }));
  gateway.measure(patient, 82);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].state, OutboxState::sent);
  EXPECT_EQ(gateway.outbox("APPREC")[0].state, OutboxState::failed);
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
}

TEST(BackOff, doubles_up_to_the_longest_pause_give_or_take_a_fifth) {
  const Route route;
  EXPECT_EQ(back_off(route, 1, 0.5), 30s);
  EXPECT_EQ(back_off(route, 2, 0.5), 60s);
  EXPECT_EQ(back_off(route, 5, 0.5), 480s);
  EXPECT_EQ(back_off(route, 1000, 0.5), 3600s);
  EXPECT_EQ(back_off(route, 1, 0.0), 24s);
  EXPECT_EQ(back_off(route, 1000, 1.0), 4320s);
}

class SetClock : public Delivery {
 protected:
  SetClock() {
    gateway.settings.wall_clock = [this] { return storage::Instant(wall); };
    gateway.settings.elapsed = [this] { return elapsed; };
    gateway.restart();
  }
  void set(std::chrono::microseconds by) { wall += by, gateway.pass(by); }
  std::chrono::microseconds wall = 1h * 24 * 365 * 56, elapsed{};
};

TEST_F(SetClock, forward_lets_nothing_be_overdue_before_its_time_and_is_told_once) {
  const auto row = sent_summary();
  set(24h * 30);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0).state, OutboxState::sent);
  const auto tasks = gateway.tasks("technical");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_THAT(std::string(tasks[0].root()["description"].value()), HasSubstr("stilt 43200 minutter fram"));
  elapsed += 95h, set(95h);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0).state, OutboxState::sent);
  elapsed += 2h, set(2h);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0).state, OutboxState::overdue);
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
}

TEST_F(SetClock, back_is_told_and_a_clock_that_is_kept_right_is_not) {
  wall += 30s;
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.tasks("technical").size(), 0u);
  wall -= 3h;
  gateway.messaging->work_through();
  const auto tasks = gateway.tasks("technical");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_THAT(std::string(tasks[0].root()["description"].value()), HasSubstr("stilt 180 minutter tilbake"));
}

}  // namespace
}  // namespace varde::messaging::test
