// Holds us to "what leaves the house by itself": each letter goes once, at its time, valid by the official schema, and
// follows what becomes of what it told. HIS 1143, 1145, 1146:2014, HIS 80822:2014, HISD 1154:2018.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "mappings/message.h"
#include "server/followup/followup.h"
#include "server/followup/journal/entry.h"
#include "server/messaging/letter/letters.h"
#include "server/storage/due.h"
#include "tests/mappings/support/files.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kEpj = "8100002";

class Letters : public testing::Test {
 protected:
  void SetUp() override {
    send({"service-notice", "gp-history", "gp-end", "hospital-report", "green-results"});
    gateway.settings.epj_her_id = kEpj;
    gateway.settings.epj_name = "Varde kommune, EPJ";
    gateway.restart();
  }
  void send(std::initializer_list<const char*> codes) {
    gateway.settings.letters.clear();
    for (const auto* code : codes) gateway.settings.letters.push_back(letter::usual_letter(code));
  }
  void pass(std::chrono::microseconds time) {
    gateway.pass(time + 1s);  // the store counts on within a moment
    gateway.messaging->work_through();
  }
  std::vector<storage::OutboxRow> sent(std::string_view type) {
    auto rows = gateway.outbox(type);
    for (const auto& row : rows) {
      const auto message = mappings::read_message(row.bytes);
      for (const auto& failure : message.failures) ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
      std::string complaints;
      if (!varde::tests::reference().empty()) {
        EXPECT_TRUE(varde::tests::officially_valid(row.bytes, complaints)) << complaints;
      }
    }
    return rows;
  }
  Result<void> doing(const std::function<Result<void>(interaction::Act&)>& what) {
    return gateway.repository->write(what);
  }
  void pause(const std::string& patient) {
    ASSERT_TRUE(doing([&](auto& act) { return followup::pause(act, patient, "Ferie"); }));
  }
  void resume(const std::string& patient) {
    ASSERT_TRUE(doing([&](auto& act) { return followup::resume(act, patient); }));
  }
  void end(const std::string& patient) {
    ASSERT_TRUE(doing([&](auto& act) { return followup::end(act, patient, "Avsluttet"); }));
  }
  void correct(const std::string& observation, const char* value, const char* status = "corrected") {
    auto tree = gateway.get("Observation", observation);
    tree.edit().set("status", status);
    tree.edit()["valueQuantity"].set("value", value);
    ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(tree.edit(), observation); }));
    gateway.messaging->work_through();
  }
  /// One that the rule decides by.
  void agree(const std::string& code, bool send) {
    auto tree = std::move(gateway.all("EpisodeOfCare").at(0));
    const std::string id(tree.root()["id"].value());
    auto extension = tree.edit().add("extension");
    extension.set("url", "https://varde.example/fhir/StructureDefinition/letter");
    auto which = extension.add("extension");
    which.set("url", "code");
    which.set("valueCode", code);
    auto whether = extension.add("extension");
    whether.set("url", "send");
    whether.set("valueBoolean", send ? "true" : "false");
    ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(tree.edit(), id); }));
  }
  Gateway gateway;
};

TEST_F(Letters, the_gp_hears_that_the_follow_up_begins_rests_goes_on_and_ends) {
  const auto patient = gateway.enrolled_patient();
  gateway.messaging->work_through();
  EXPECT_TRUE(sent("ORIENTERING_TJENESTETILBUD").empty());  // it waits
  pass(10min);
  auto letters = sent("ORIENTERING_TJENESTETILBUD");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].receiver_her, kGpHer);
  auto message = mappings::read_message(letters[0].bytes);
  const auto* service = message.payload()->find("EksisterendeTjeneste");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->at("BetegnelseTjeneste"), "Digital hjemmeoppfølging");
  EXPECT_EQ(service->at("Startdato"), "2026-11-21");
  EXPECT_THAT(std::string(service->at("OpplysningerOmTjenesten")),
              AllOf(HasSubstr("er startet"), HasSubstr("SpO2"), HasSubstr("75 55 50 00")));

  pause(patient);
  pass(10min);
  letters = sent("ORIENTERING_TJENESTETILBUD");
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_THAT(letters[1].bytes, AllOf(HasSubstr("er satt på pause"), HasSubstr("Ferie")));
  resume(patient);
  pass(10min);
  end(patient);
  pass(10min);
  letters = sent("ORIENTERING_TJENESTETILBUD");
  ASSERT_EQ(letters.size(), 4u);
  EXPECT_THAT(letters[2].bytes, HasSubstr("er gjenopptatt"));
  message = mappings::read_message(letters[3].bytes);
  EXPECT_EQ(message.payload()->at("EksisterendeTjeneste/Sluttdato"), "2026-11-22");
  for (const char* type : {"Communication", "Task"})
    for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
}

TEST_F(Letters, what_is_taken_back_within_the_wait_is_not_told_and_a_restart_loses_nothing) {
  const auto patient = gateway.enrolled_patient();
  pass(10min);
  pause(patient);
  pass(5min);
  resume(patient);
  pass(1h);
  EXPECT_EQ(sent("ORIENTERING_TJENESTETILBUD").size(), 1u);
  pause(patient);
  gateway.restart();
  pass(10min);
  gateway.restart();
  pass(10min);
  EXPECT_EQ(sent("ORIENTERING_TJENESTETILBUD").size(), 2u);
}

TEST_F(Letters, an_enrolment_that_is_over_when_it_comes_is_history_and_a_letter_that_is_off_is_not_sent) {
  send({"gp-end"});
  gateway.restart();
  const auto patient = gateway.enrolled_patient();
  agree("gp-end", false);
  end(patient);
  pass(10min);
  EXPECT_TRUE(sent("ORIENTERING_TJENESTETILBUD").empty());
  EXPECT_TRUE(sent("HELSEOPPLYSNINGER_LEGE").empty());
}

TEST_F(Letters, after_three_weeks_the_gp_gets_the_history_and_a_question_about_limits_and_at_the_end_a_report) {
  const auto patient = gateway.enrolled_patient();
  pass(22 * 24h);  // nothing has been measured: it waits for that
  EXPECT_TRUE(sent("HELSEOPPLYSNINGER_LEGE").empty());
  gateway.measure(patient, 93);
  gateway.measure(patient, 96);
  pass(7 * 24h);
  auto letters = sent("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_THAT(letters[0].bytes, AllOf(HasSubstr("2 målinger, gjennomsnitt 94,5 %, lavest 93 %, høyest 96 % (2 grønne)"),
                                      HasSubstr("Er grensene riktige"), HasSubstr("Ønske om legevurdering"),
                                      HasSubstr("siden 21.11.2026")));
  // It is no summary that a red value would have to wait for.
  gateway.measure(patient, 80);
  gateway.messaging->work_through();
  EXPECT_EQ(sent("HELSEOPPLYSNINGER_LEGE").size(), 2u);
  end(patient);
  pass(10min);
  letters = sent("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(letters.size(), 3u);
  EXPECT_THAT(letters[2].bytes, AllOf(HasSubstr("er avsluttet 21.12.2026"), HasSubstr("lavest 80 %")));
}

TEST_F(Letters, the_hospital_hears_of_the_follow_up_with_the_last_values_when_the_patient_is_admitted) {
  const auto patient = gateway.enrolled_patient();
  const auto reading = gateway.measure(patient, 88);
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "2026-11-22T09:00:00"));
  pass(1min);
  auto reports = sent("INNLEGGELSESRAPPORT");
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].receiver_her, "910110");
  EXPECT_THAT(reports[0].bytes, AllOf(HasSubstr("har hatt digital hjemmeoppfølging siden 21.11.2026"),
                                      HasSubstr("på pause under innleggelsen"), HasSubstr("SpO2: 88 % (gul)"),
                                      HasSubstr("Rød sone"), HasSubstr("Åpne varsler"), HasSubstr("75 55 50 00")));
  const auto message = mappings::read_message(reports[0].bytes);
  EXPECT_EQ(message.parent_id, uuid(1));
  EXPECT_EQ(message.payload()->at("EksisterendeTjeneste/BetegnelseTjeneste"), "Digital hjemmeoppfølging");
  pass(24h);
  EXPECT_EQ(sent("INNLEGGELSESRAPPORT").size(), 1u);

  correct(reading, "98");
  reports = sent("INNLEGGELSESRAPPORT");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(mappings::read_message(reports[1].bytes).status, "M");
  EXPECT_THAT(reports[1].bytes, AllOf(HasSubstr("SpO2: 98 %"), Not(HasSubstr("SpO2: 88 %"))));
  correct(reading, "97");  // the change is known as what tells of it now
  reports = sent("INNLEGGELSESRAPPORT");
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_EQ(mappings::read_message(reports[2].bytes).parent_id, reports[1].msg_id);
}

TEST_F(Letters, an_admission_that_was_an_error_takes_its_report_back_and_a_patient_without_follow_up_gives_none) {
  gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1, "2026-11-22T09:00:00"));
  pass(1min);
  ASSERT_EQ(sent("INNLEGGELSESRAPPORT").size(), 1u);
  auto cancelled = gateway.letter("LOG_INNLAGT", 2, "2026-11-22T09:00:00");
  cancelled.status = "C", cancelled.parent = uuid(1);
  gateway.receive(cancelled);
  pass(1min);
  const auto reports = sent("INNLEGGELSESRAPPORT");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(mappings::read_message(reports[1].bytes).status, "C");

  const auto other = gateway.patient({"Uten", "Ola", "15817300143", "1973-01-15", "1"});
  auto admission = gateway.letter("LOG_INNLAGT", 3, "2026-11-22T09:00:00");
  admission.patient = {"Uten", "Ola", "15817300143", "1973-01-15", "1"};
  gateway.receive(admission);
  pass(1h);
  EXPECT_EQ(sent("INNLEGGELSESRAPPORT").size(), 2u);
}

TEST_F(Letters, green_readings_of_a_day_are_one_report_to_the_journal_system_and_what_is_not_green_is_not_in_it) {
  const auto patient = gateway.enrolled_patient();
  gateway.measure(patient, 95);
  pass(2h);
  gateway.measure(patient, 72, "8867-4", "/min");
  gateway.measure(patient, 87);  // yellow: an alert, and no result
  EXPECT_TRUE(sent("SVAR_LAB").empty());
  pass(22h);
  const auto reports = sent("SVAR_LAB");
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].receiver_her, kEpj);
  const auto message = mappings::read_message(reports[0].bytes);
  const auto results = message.payload()->all("Patient/ResultItem");
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0]->at("NumResult/NumResultValue/@V"), "95");
  EXPECT_EQ(results[0]->at("InvDate/@V"), "2026-11-22T13:00:00");
  EXPECT_EQ(results[0]->at("Investigation/Id/@V"), "2708-6");
  EXPECT_EQ(results[0]->at("Investigation/Id/@DN"), "SpO2");
  EXPECT_THAT(std::string(results[0]->at("RefInterval/Descr")), HasSubstr("90"));
  EXPECT_EQ(results[1]->at("NumResult/NumResultValue/@V"), "72");
  pass(48h);
  EXPECT_EQ(sent("SVAR_LAB").size(), 1u);
  gateway.measure(patient, 96);
  pass(24h);
  EXPECT_EQ(sent("SVAR_LAB").size(), 2u);
}

TEST_F(Letters, a_green_reading_that_was_wrong_makes_its_report_anew_and_nothing_left_takes_it_back) {
  const auto patient = gateway.enrolled_patient();
  const auto first = gateway.measure(patient, 95), second = gateway.measure(patient, 72, "8867-4", "/min");
  pass(24h);
  ASSERT_EQ(sent("SVAR_LAB").size(), 1u);
  const auto document = mappings::read_message(sent("SVAR_LAB")[0].bytes).document_id;
  correct(first, "91");
  auto reports = sent("SVAR_LAB");
  ASSERT_EQ(reports.size(), 2u);
  auto change = mappings::read_message(reports[1].bytes);
  EXPECT_EQ(change.status, "M");
  EXPECT_EQ(change.document_id, document);
  EXPECT_EQ(change.payload()->all("Patient/ResultItem").size(), 2u);
  EXPECT_THAT(reports[1].bytes, HasSubstr("V=\"91\""));
  correct(first, "91", "entered-in-error");
  reports = sent("SVAR_LAB");
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_EQ(mappings::read_message(reports[2].bytes).payload()->all("Patient/ResultItem").size(), 1u);
  correct(second, "72", "entered-in-error");
  reports = sent("SVAR_LAB");
  ASSERT_EQ(reports.size(), 4u);
  EXPECT_EQ(mappings::read_message(reports[3].bytes).status, "C");
}

TEST_F(Letters, of_chosen_patients_alone_and_of_test_data_nothing) {
  gateway.settings.letters = {{"green-results", 1h, true}};
  gateway.restart();
  const auto patient = gateway.enrolled_patient();
  gateway.measure(patient, 95);
  pass(1h);
  EXPECT_TRUE(sent("SVAR_LAB").empty());
  agree("green-results", true);
  gateway.measure(patient, 96);
  pass(1h);
  EXPECT_EQ(sent("SVAR_LAB").size(), 1u);
}

TEST_F(Letters, what_keeps_a_letter_from_being_made_is_one_task_until_one_goes) {
  const auto id = gateway.patient(demo::copd_patient(), false);
  gateway.enrol(id);
  pass(10min);
  auto tasks = gateway.tasks("technical");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_THAT(std::string(tasks[0].root()["description"].value()),
              AllOf(HasSubstr("Orientering om tjenestetilbud"), HasSubstr("fastlege som har HER-id")));
  pause(id);
  pass(10min);
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
}

TEST_F(Letters, are_seen_before_they_go_and_may_be_sent_at_once_or_kept) {
  const auto patient = gateway.enrolled_patient();
  const auto& rule = *letter::find_rule("service-notice");
  const auto key = gateway.repository->read([&](const interaction::View& view) { return view.patient_key(patient); });
  const auto seen = gateway.repository->read(
      [&](const interaction::View& view) { return gateway.messaging->preview_letter(view, rule, key); });
  ASSERT_TRUE(seen) << seen.error().diagnostics;
  EXPECT_THAT(seen->letter.value().text, HasSubstr("er startet"));
  EXPECT_TRUE(gateway.outbox("ORIENTERING_TJENESTETILBUD").empty());
  ASSERT_TRUE(
      gateway.repository->write([&](interaction::Act& act) { return gateway.messaging->send_letter(act, rule, key); }));
  pass(1h);
  EXPECT_EQ(sent("ORIENTERING_TJENESTETILBUD").size(), 1u);
  pause(patient);
  ASSERT_TRUE(doing([&](auto& act) { return letter::withhold(act, rule, key); }));
  pass(1h);
  EXPECT_EQ(sent("ORIENTERING_TJENESTETILBUD").size(), 1u);
  EXPECT_FALSE(doing([&](auto& act) { return letter::withhold(act, rule, key); }));
}

/// A journal system by HTTP, in a test: it does not answer, refuses, or takes.
class EpjSender final : public adapters::Sender {
 public:
  Result<adapters::TransportReceipt> send(const adapters::Outgoing& document) override {
    if (fault) return fail(*fault, "the journal system answered otherwise");
    taken.push_back(document.bytes);
    return adapters::TransportReceipt{"HTTP 201"};
  }
  std::optional<Fault> fault;
  std::vector<std::string> taken;
};

TEST_F(Letters, journal_entries_are_pushed_in_order_each_version_once_with_receipt_and_story) {
  EpjSender epj;
  gateway.more_routes = {{"journal-push", &epj, {"journal"}}};
  send({"journal-entry"});
  gateway.restart();
  const auto patient = gateway.enrolled_patient();
  const auto reading = gateway.measure(patient, 88);
  const std::string task(gateway.tasks("alert").at(0).root()["id"].value());
  auto by = fhir::Tree::of("Provenance");
  by.edit().add("agent").ensure("who").set("display", "Anne Lund");
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) {
    return followup::journal::copy_task({act, task, by.root()["agent"]["who"]}, "", "Ringt: bruker oksygen.");
  }));
  epj.fault = Fault::busy;
  gateway.messaging->work_through();
  EXPECT_TRUE(epj.taken.empty());
  gateway.restart();
  epj.fault.reset();
  pass(1h);
  ASSERT_EQ(epj.taken.size(), 1u);
  const auto document = fhir::parse_json(epj.taken[0]);
  ASSERT_TRUE(document);
  expect_valid(document->root());
  const auto composition = document->root()["entry"]["resource"];
  EXPECT_EQ(document->root()["type"].value(), "document");
  EXPECT_EQ(composition.type_name(), "Composition");
  EXPECT_EQ(composition["subject"]["identifier"]["value"].value(), demo::copd_patient().number);
  EXPECT_THAT(epj.taken[0], AllOf(HasSubstr("vkp-Composition-v090"), HasSubstr("DetectedIssue"), HasSubstr("5.2.1"),
                                  HasSubstr("Ringt: bruker oksygen.")));
  auto rows = gateway.outbox("JOURNAL");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].state, storage::OutboxState::delivered);
  EXPECT_EQ(rows[0].receipt, "HTTP 201");
  const auto story = gateway.get("Communication", rows[0].communication_id);
  EXPECT_EQ(story.root()["status"].value(), "completed");
  expect_valid(story.root());
  pass(200h);  // no AppRec is waited for
  EXPECT_TRUE(gateway.tasks("message-overdue").empty());

  correct(reading, "86");  // the entry tells of it: it becomes a new version of itself
  pass(1min);
  ASSERT_EQ(epj.taken.size(), 2u);
  EXPECT_THAT(epj.taken[1], HasSubstr("\"status\":\"amended\""));
  gateway.restart();
  pass(1h);
  EXPECT_EQ(epj.taken.size(), 2u);

  epj.fault = Fault::not_supported;  // the document is refused: a person is told
  correct(reading, "87");
  pass(1min);
  EXPECT_EQ(gateway.outbox("JOURNAL").back().state, storage::OutboxState::failed);
  EXPECT_FALSE(gateway.tasks("technical").empty());
}

}  // namespace
}  // namespace varde::messaging::test
