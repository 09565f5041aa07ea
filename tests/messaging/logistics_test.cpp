// Holds us to issue section 4 and HIS 1149:2014: what the logistics messages do to the record and the follow-up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "server/messaging/names.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Logistics : public testing::Test {
 protected:
  Gateway gateway;
};

TEST_F(Logistics, admission_makes_an_encounter_pauses_the_follow_up_and_is_answered_by_one_apprec) {
  const auto patient = gateway.enrolled_patient();
  const auto receipt = gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  EXPECT_FALSE(receipt.duplicate);
  EXPECT_EQ(receipt.type, "LOG_INNLAGT");
  const auto stays = gateway.all("Encounter");
  ASSERT_EQ(stays.size(), 1u);
  EXPECT_EQ(stays[0].root()["status"].value(), "in-progress");
  EXPECT_EQ(stays[0].root()["subject"]["reference"].value(), "Patient/" + patient);
  EXPECT_EQ(stays[0].root()["period"]["start"].value(), "2026-11-20T10:00:00+01:00");
  EXPECT_TRUE(gateway.is_paused(patient));
  const auto answers = gateway.outbox("APPREC");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].state, storage::OutboxState::delivered);
  EXPECT_EQ(answers[0].receiver_her, "910110");
  const auto apprec = mappings::read_apprec(mappings::read_message(answers[0].bytes));
  ASSERT_TRUE(apprec);
  EXPECT_EQ(apprec->status, mappings::AppRecStatus::ok);
  EXPECT_EQ(apprec->version, "1.1");
  EXPECT_EQ(apprec->original_id.text, uuid(1));
  EXPECT_THAT(gateway.files("outbound"), ElementsAre(answers[0].msg_id + ".xml"));
  const auto story = gateway.get("Communication", receipt.communication_id);
  EXPECT_EQ(story.root()["status"].value(), "completed");
  EXPECT_EQ(story.root()["subject"]["reference"].value(), "Patient/" + patient);
  EXPECT_EQ(gateway.inbox(receipt.number).state, storage::InboxState::processed);
  for (const char* type : {"Communication", "Encounter", "DocumentReference", "Binary", "EpisodeOfCare"})
    for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
}

TEST_F(Logistics, a_red_value_raises_nothing_while_admitted_and_raises_again_after_the_nurse_has_resumed) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  gateway.measure(patient, 80);
  EXPECT_TRUE(gateway.tasks("alert").empty());
  EXPECT_TRUE(gateway.outbox("HELSEOPPLYSNINGER_LEGE").empty());

  gateway.receive(gateway.letter("LOG_UTSKREVET", 2, "2026-11-21T12:00:00"));
  const auto stays = gateway.all("Encounter");
  ASSERT_EQ(stays.size(), 1u);
  EXPECT_EQ(stays[0].root()["status"].value(), "finished");
  EXPECT_EQ(stays[0].root()["period"]["end"].value(), "2026-11-21T12:00:00+01:00");
  EXPECT_TRUE(gateway.is_paused(patient));
  auto tasks = gateway.tasks("resume");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].root()["focus"]["reference"].value(), "Encounter/" + std::string(stays[0].root()["id"].value()));

  tasks[0].edit().set("status", "completed");
  const std::string id(tasks[0].root()["id"].value());
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(tasks[0].edit(), id); }));
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.tasks("alert").size(), 1u);  // of what was measured after the discharge
  gateway.measure(patient, 80);
  EXPECT_EQ(gateway.tasks("alert").size(), 2u);
}

TEST_F(Logistics, what_is_measured_after_the_discharge_stands_on_the_task_and_is_told_when_it_is_done) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  gateway.receive(gateway.letter("LOG_UTSKREVET", 2, "2026-11-21T12:00:00"));
  gateway.measure(patient, 78);
  auto tasks = gateway.tasks("resume");
  auto& task = tasks.at(0);
  EXPECT_THAT(std::string(task.root()["description"].value()),
              HasSubstr("Verste måling siden: SpO2 78 % er under rød grense 85 %"));
  EXPECT_TRUE(gateway.tasks("alert").empty());
  EXPECT_TRUE(gateway.outbox("HELSEOPPLYSNINGER_LEGE").empty());
  task.edit().set("status", "completed");
  const std::string id(task.root()["id"].value());
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(task.edit(), id); }));
  EXPECT_EQ(gateway.tasks("alert").size(), 1u);
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 1u);
}

TEST_F(Logistics, an_admission_that_is_still_to_come_pauses_when_it_comes) {
  const auto patient = gateway.enrolled_patient();  // it is 22.11.2026 13:00
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "2026-11-23T08:00:00"));
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.all("Encounter").at(0).root()["status"].value(), "planned");
  gateway.pass(std::chrono::hours{18});
  gateway.messaging->work_through();
  gateway.measure(patient, 80);
  EXPECT_EQ(gateway.tasks("alert").size(), 1u);
  gateway.restart();
  gateway.pass(std::chrono::hours{2});
  gateway.messaging->work_through();
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.all("Encounter").at(0).root()["status"].value(), "in-progress");
}

TEST_F(Logistics, an_admission_that_is_cancelled_before_it_comes_pauses_nothing) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "2026-11-23T08:00:00"));
  auto cancel = gateway.letter("LOG_INNLAGT", 2, "2026-11-23T08:00:00");
  cancel.status = "C", cancel.parent = uuid(1);
  gateway.receive(cancel);
  gateway.pass(std::chrono::hours{24});
  gateway.messaging->work_through();
  EXPECT_FALSE(gateway.is_paused(patient));
}

TEST_F(Logistics, an_event_that_cannot_be_dated_right_changes_nothing_and_is_told) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "1900-01-01T12:00:00"));
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.all("Encounter").at(0).root()["status"].value(), "unknown");
  ASSERT_EQ(gateway.tasks("information").size(), 1u);
  EXPECT_THAT(std::string(gateway.tasks("information")[0].root()["description"].value()),
              AllOf(HasSubstr("Innleggelse meldt av"), HasSubstr("er datert 01.01.1900 kl. 12.00, ")));
  gateway.receive(gateway.letter("LOG_INNLAGT", 2, "2099-01-01T12:00:00"));
  EXPECT_EQ(gateway.tasks("information").size(), 2u);
  gateway.receive(gateway.letter("LOG_INNLAGT", 3));
  EXPECT_TRUE(gateway.is_paused(patient));
  gateway.receive(gateway.letter("LOG_UTSKREVET", 4, "1900-01-01T12:00:00"));
  EXPECT_TRUE(gateway.tasks("resume").empty());
  EXPECT_EQ(gateway.tasks("information").size(), 3u);
  gateway.receive(gateway.letter("LOG_DOD", 5, "1900-01-01T12:00:00"));
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.tasks("information").size(), 4u);
}

TEST_F(Logistics, resuming_another_way_closes_the_task_that_asked_for_it) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  gateway.receive(gateway.letter("LOG_UTSKREVET", 2, "2026-11-21T12:00:00"));
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return followup::resume(act, patient); }));
  EXPECT_EQ(gateway.tasks("resume")[0].root()["status"].value(), "completed");
  EXPECT_FALSE(gateway.is_paused(patient));
}

TEST_F(Logistics, a_cancelled_admission_is_entered_in_error_and_the_pause_it_made_ends) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  auto cancel = gateway.letter("LOG_INNLAGT", 2);
  cancel.status = "C", cancel.parent = uuid(1);
  const auto receipt = gateway.receive(cancel);
  const auto stays = gateway.all("Encounter");
  ASSERT_EQ(stays.size(), 1u);
  EXPECT_EQ(stays[0].root()["status"].value(), "entered-in-error");
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.get("Communication", "message-1").root()["status"].value(), "entered-in-error");
  EXPECT_EQ(gateway.get("Communication", receipt.communication_id).root()["status"].value(), "completed");
  EXPECT_EQ(gateway.outbox("APPREC").size(), 2u);
}

TEST_F(Logistics, a_cancellation_without_reference_finds_its_original_by_sender_patient_type_and_day) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  auto cancel = gateway.letter("LOG_INNLAGT", 2);
  cancel.status = "C";
  gateway.receive(cancel);
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.all("Encounter")[0].root()["status"].value(), "entered-in-error");
}

// Acceptance criterion 22 of the PLO receive kits.
TEST_F(Logistics, an_original_that_comes_after_its_cancellation_has_no_effect) {
  const auto patient = gateway.enrolled_patient();
  for (const char* parent : {"referenced", "by day"}) {
    const bool referenced = parent == std::string_view("referenced");
    auto cancel =
        gateway.letter("LOG_INNLAGT", referenced ? 12 : 22, referenced ? "2026-11-20T10:00:00" : "2026-11-18T10:00:00");
    cancel.status = "C";
    if (referenced) cancel.parent = uuid(11);
    gateway.receive(cancel);
    auto original = gateway.letter("LOG_INNLAGT", referenced ? 11 : 21, cancel.event);
    const auto receipt = gateway.receive(original);
    EXPECT_FALSE(gateway.is_paused(patient)) << parent;
    EXPECT_EQ(gateway.get("Communication", receipt.communication_id).root()["status"].value(), "entered-in-error")
        << parent;
  }
  EXPECT_EQ(gateway.outbox("APPREC").size(), 4u);
  for (const auto& stay : gateway.all("Encounter")) EXPECT_EQ(stay.root()["status"].value(), "entered-in-error");
}

TEST_F(Logistics, a_new_admission_generated_after_an_unreferenced_cancellation_counts) {
  const auto patient = gateway.enrolled_patient();
  auto cancel = gateway.letter("LOG_INNLAGT", 1);
  cancel.status = "C";
  gateway.receive(cancel);
  auto again = gateway.letter("LOG_INNLAGT", 2);
  again.generated = "2026-11-20T11:00:00";
  gateway.receive(again);
  EXPECT_TRUE(gateway.is_paused(patient));
}

TEST_F(Logistics, a_discharge_that_overtakes_its_admission_leaves_the_patient_at_home) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_UTSKREVET", 2, "2026-11-21T12:00:00"));
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "2026-11-20T10:00:00"));
  EXPECT_FALSE(gateway.is_paused(patient));
  const auto stays = gateway.all("Encounter");
  ASSERT_EQ(stays.size(), 1u);
  EXPECT_EQ(stays[0].root()["status"].value(), "finished");
  EXPECT_EQ(stays[0].root()["period"]["start"].value(), "2026-11-20T10:00:00+01:00");
  EXPECT_EQ(stays[0].root()["period"]["end"].value(), "2026-11-21T12:00:00+01:00");
}

TEST_F(Logistics, an_admission_told_of_after_the_patient_came_home_again_pauses_nothing) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "2026-11-18T10:00:00"));
  gateway.receive(gateway.letter("LOG_UTSKREVET", 2, "2026-11-20T12:00:00"));
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return followup::resume(act, patient); }));
  auto late = gateway.letter("LOG_INNLAGT", 3, "2026-11-19T08:00:00");
  late.sender = {"Sørfjord sykehus HF", "910200", "Medisinsk avdeling", "910210"};
  gateway.receive(late);
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.tasks("information").size(), 1u) << "nobody says that the patient has left that hospital";
  gateway.receive(gateway.letter("LOG_INNLAGT", 4, "2026-11-21T08:00:00"));
  EXPECT_TRUE(gateway.is_paused(patient));
}

TEST_F(Logistics, admitted_and_discharged_on_one_day_without_times_asks_a_person_and_pauses_nothing) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "2026-11-18"));
  gateway.receive(gateway.letter("LOG_UTSKREVET", 2, "2026-11-20"));
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return followup::resume(act, patient); }));
  gateway.receive(gateway.letter("LOG_INNLAGT", 3, "2026-11-20"));
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.tasks("information").size(), 1u);
}

TEST_F(Logistics, a_discharge_from_one_hospital_does_not_end_the_stay_at_another) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "2026-11-20T10:00:00"));
  auto elsewhere = gateway.letter("LOG_INNLAGT", 2, "2026-11-21T10:00:00");
  elsewhere.sender = {"Sørfjord sykehus HF", "910200", "Medisinsk avdeling", "910210"};
  gateway.receive(elsewhere);
  gateway.receive(gateway.letter("LOG_UTSKREVET", 3, "2026-11-21T10:30:00"));
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_TRUE(gateway.tasks("resume").empty());
  EXPECT_EQ(gateway.tasks("information").size(), 2u);  // that they overlap; that one has ended
}

TEST_F(Logistics, a_cancelled_discharge_takes_back_the_request_to_resume) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  gateway.receive(gateway.letter("LOG_UTSKREVET", 2, "2026-11-21T12:00:00"));
  auto cancel = gateway.letter("LOG_UTSKREVET", 3, "2026-11-21T12:00:00");
  cancel.status = "C", cancel.parent = uuid(2);
  gateway.receive(cancel);
  EXPECT_EQ(gateway.all("Encounter")[0].root()["status"].value(), "in-progress");
  EXPECT_EQ(gateway.tasks("resume")[0].root()["status"].value(), "cancelled");
  EXPECT_TRUE(gateway.is_paused(patient));
}

TEST_F(Logistics, ready_for_discharge_is_noted_on_the_stay_and_taken_back_by_avmelding) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  gateway.receive(gateway.letter("LOG_UTSKRIVNINGSKLAR", 2, "2026-11-21T08:00:00"));
  ASSERT_EQ(gateway.all("Encounter").size(), 1u);
  EXPECT_EQ(gateway.all("Encounter")[0].root().extension(names::kReadyForDischarge)["valueDateTime"].value(),
            "2026-11-21T08:00:00+01:00");
  gateway.receive(gateway.letter("LOG_AVMELDING", 3, "2026-11-21T09:00:00"));
  EXPECT_FALSE(gateway.all("Encounter")[0].root().extension(names::kReadyForDischarge));
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.tasks("information").size(), 2u);
}

TEST_F(Logistics, death_ends_the_follow_up_stops_what_waits_to_be_sent_and_asks_for_what_must_be_done) {
  const auto patient = gateway.enrolled_patient();
  gateway.measure(patient, 80);
  gateway.clock->do_what_is_due();  // a red alert: a summary stands in the queue
  ASSERT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0).state, storage::OutboxState::queued);
  gateway.receive(gateway.letter("LOG_DOD", 1, "2026-11-21"));
  EXPECT_EQ(gateway.get("Patient", patient).root()["deceasedDateTime"].value(), "2026-11-21");
  const auto summary = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  EXPECT_EQ(summary.state, storage::OutboxState::failed);
  EXPECT_EQ(gateway.get("Communication", summary.communication_id).root()["status"].value(), "stopped");
  EXPECT_EQ(gateway.all("EpisodeOfCare")[0].root()["status"].value(), "finished");
  EXPECT_EQ(gateway.tasks("follow-up-death").size(), 1u);
  const auto alerts = gateway.tasks("alert").size();
  gateway.measure(patient, 80);
  EXPECT_EQ(gateway.tasks("alert").size(), alerts);
}

TEST_F(Logistics, death_in_the_days_to_come_ends_nothing_and_a_person_is_asked) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_DOD", 1, "2026-11-25"));
  EXPECT_FALSE(gateway.get("Patient", patient).root()["deceasedDateTime"]);
  EXPECT_EQ(gateway.all("EpisodeOfCare")[0].root()["status"].value(), "active");
  EXPECT_EQ(gateway.tasks("follow-up-death").size(), 1u);
  gateway.measure(patient, 80);
  EXPECT_EQ(gateway.tasks("alert").size(), 1u);
}

TEST_F(Logistics, death_stops_a_letter_that_is_not_drafted_yet) {
  const auto patient = gateway.enrolled_patient();
  gateway.measure(patient, 80);
  gateway.receive(gateway.letter("LOG_DOD", 1, "2026-11-21"));
  gateway.pass(std::chrono::hours{2});
  gateway.messaging->work_through();
  EXPECT_TRUE(gateway.outbox("HELSEOPPLYSNINGER_LEGE").empty());
  EXPECT_TRUE(gateway.tasks("technical").empty());
}

TEST_F(Logistics, death_stops_what_the_interval_held_back_too) {
  const auto patient = gateway.enrolled_patient();
  gateway.measure(patient, 80);
  gateway.messaging->work_through();
  gateway.measure(patient, 70);
  gateway.receive(gateway.letter("LOG_DOD", 1, "2026-11-21"));
  gateway.pass(std::chrono::hours{2});
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.outbox("HELSEOPPLYSNINGER_LEGE").size(), 1u);
  EXPECT_TRUE(gateway.tasks("technical").empty());
}

TEST_F(Logistics, a_cancelled_death_restores_the_episodes_that_it_ended_and_no_other) {
  const auto patient = gateway.enrolled_patient();
  const auto write = [&](std::string_view status) {
    auto tree = fhir::Tree::of("EpisodeOfCare");
    tree.edit().set("status", status);
    tree.edit().ensure("patient").set("reference", "Patient/" + patient);
    return gateway.repository->write([&](interaction::Act& act) { return act.create(tree.edit()); })->id;
  };
  const auto resting = write("onhold"), ended = write("finished");
  gateway.receive(gateway.letter("LOG_DOD", 1, "2026-11-21"));
  for (const auto& episode : gateway.all("EpisodeOfCare")) EXPECT_EQ(episode.root()["status"].value(), "finished");
  auto cancel = gateway.letter("LOG_DOD", 2, "2026-11-21");
  cancel.status = "C", cancel.parent = uuid(1);
  gateway.receive(cancel);
  EXPECT_EQ(gateway.all("EpisodeOfCare")[0].root()["status"].value(), "active");
  EXPECT_EQ(gateway.get("EpisodeOfCare", resting).root()["status"].value(), "onhold");
  EXPECT_EQ(gateway.get("EpisodeOfCare", ended).root()["status"].value(), "finished");
}

TEST_F(Logistics, a_cancelled_death_restores_the_patient_and_the_follow_up) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_DOD", 1, "2026-11-21"));
  auto cancel = gateway.letter("LOG_DOD", 2, "2026-11-21");
  cancel.status = "C", cancel.parent = uuid(1);
  gateway.receive(cancel);
  EXPECT_FALSE(gateway.get("Patient", patient).root().choice("deceased"));
  EXPECT_EQ(gateway.all("EpisodeOfCare")[0].root()["status"].value(), "active");
  EXPECT_EQ(gateway.tasks("follow-up-death")[0].root()["status"].value(), "cancelled");
  gateway.measure(patient, 80);
  EXPECT_EQ(gateway.tasks("alert").size(), 1u);
}

}  // namespace
}  // namespace varde::messaging::test
