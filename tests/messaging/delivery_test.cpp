// Holds us to HITS 1168:2016 §9.1 and HIS 80415:2012 §3.2: what we send, how often, and what the AppRec does to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "server/messaging/delivery.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

using namespace std::chrono_literals;
using storage::OutboxState;
using testing::HasSubstr;

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

  Gateway gateway;
  std::string patient;
};

TEST_F(Delivery, a_red_alert_sends_the_gp_a_summary_that_the_schemas_accept_and_that_tells_the_measurement) {
  const auto row = sent_summary();
  EXPECT_EQ(row.state, OutboxState::sent);
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

TEST_F(Delivery, one_summary_per_interval_whatever_the_number_of_alerts) {
  sent_summary();
  gateway.pass(10min);
  gateway.measure(patient, 80);
  gateway.pass(30min);
  gateway.measure(patient, 79);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 1u);
}

TEST_F(Delivery, a_nurse_may_send_a_summary_at_any_time) {
  sent_summary();
  const auto message = gateway.database->write([&](storage::Transaction& db) {
    return gateway.messaging->send_summary_to_gp(db, patient, "Ønsker vurdering av grensene.");
  });
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
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
  const auto asked = gateway.database->write(
      [&](storage::Transaction& db) { return gateway.messaging->send_summary_to_gp(db, id, ""); });
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
  ASSERT_TRUE(gateway.database->write([&](storage::Transaction& db) -> Result<void> {
    storage::OutboxRow poison;
    poison.msg_id = "../poison", poison.type = "APPREC", poison.receiver_her = "1", poison.bytes = "<a/>";
    storage::outbox::add(db, poison);
    return {};
  }));
  gateway.measure(patient, 82);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE")[0].state, OutboxState::sent);
  EXPECT_EQ(gateway.outbox("APPREC")[0].state, OutboxState::failed);
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
}

TEST(BackOff, doubles_up_to_the_longest_pause_give_or_take_a_fifth) {
  Settings settings;
  settings.first_retry = 30s, settings.longest_retry = 3600s;
  EXPECT_EQ(back_off(settings, 1, 0.5), 30s);
  EXPECT_EQ(back_off(settings, 2, 0.5), 60s);
  EXPECT_EQ(back_off(settings, 5, 0.5), 480s);
  EXPECT_EQ(back_off(settings, 1000, 0.5), 3600s);
  EXPECT_EQ(back_off(settings, 1, 0.0), 24s);
  EXPECT_EQ(back_off(settings, 1000, 1.0), 4320s);
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
