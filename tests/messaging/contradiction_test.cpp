// Holds us to HIS 1149:2014 (what the logistics messages say): they come in any order, and where they contradict one
// another a person is asked once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fhir-model/text/trim.h"
#include "server/messaging/effect/contradiction.h"
#include "server/messaging/names.h"
#include "server/messaging/story.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const demo::Place kElsewhere{"Sørfjord sykehus HF", "910200", "Medisinsk avdeling", "910210"};

struct Event {
  std::string type, when;
  bool elsewhere = false;
};
struct Row {
  const char* name;
  std::vector<Event> events;
  std::vector<std::string> asked;  ///< what the one question says; none: nothing is asked
};

const Event kAdmitted{"LOG_INNLAGT", "2026-11-18T10:00:00"};
const Event kReady{"LOG_UTSKRIVNINGSKLAR", "2026-11-19T08:00:00"};
const Event kNotReady{"LOG_AVMELDING", "2026-11-19T12:00:00"};
const Event kDischarged{"LOG_UTSKREVET", "2026-11-20T12:00:00"};

class Contradictions : public testing::Test {
 protected:
  std::string xml(const Event& event, int n) {
    auto letter = gateway.letter(event.type, n, event.when);
    letter.generated = "2026-11-22T12:0" + std::to_string(n) + ":00";
    if (event.elsewhere) letter.sender = kElsewhere;
    return demo::write(letter);
  }
  void take(const std::vector<Event>& events) {
    int n = 0;
    for (const auto& event : events) gateway.receive(xml(event, ++n));
  }
  /// What the open questions say.
  std::vector<std::string> asked() {
    std::vector<std::string> words;
    for (const auto& task : gateway.tasks("information"))
      if (!identifier(task.root(), names::kContradictionOf).empty() && task.root()["status"].value() == "requested") {
        expect_valid(task.root());
        EXPECT_EQ(task.root()["priority"].value(), "urgent");
        words.emplace_back(task.root()["description"].value());
      }
    return words;
  }
  void expect_all_taken(std::size_t count) {
    EXPECT_EQ(gateway.outbox("APPREC").size(), count);
    for (std::size_t n = 1; n <= count; ++n) EXPECT_EQ(gateway.inbox(static_cast<int>(n)).apprec_status, "1");
  }
  Gateway gateway;
};

const std::vector<Row> kRows{
    {"ready, not admitted", {kReady}, {"utskrivningsklar 19.11.2026 kl. 08.00 fra", "men ikke innlagt"}},
    {"not ready, nothing known", {kNotReady}, {"ikke lenger utskrivningsklar 19.11.2026", "verken innlagt"}},
    {"not ready, never reported ready",
     {kAdmitted, kNotReady},
     {"ikke lenger utskrivningsklar 19.11.2026 kl. 12.00 fra", "bare innlagt 18.11.2026 kl. 10.00 fra"}},
    {"ready, discharged before",
     {kAdmitted, {"LOG_UTSKRIVNINGSKLAR", "2026-11-21T08:00:00"}, kDischarged},
     {"utskrivningsklar 21.11.2026 kl. 08.00 fra", "men før det utskrevet 20.11.2026 kl. 12.00"}},
    {"not ready, discharged before",
     {kAdmitted, kDischarged, {"LOG_AVMELDING", "2026-11-21T08:00:00"}},
     {"ikke lenger utskrivningsklar 21.11.2026", "men før det utskrevet 20.11.2026 kl. 12.00"}},
    {"discharged twice",
     {kAdmitted, kDischarged, {"LOG_UTSKREVET", "2026-11-21T12:00:00"}},
     {"utskrevet 21.11.2026 kl. 12.00 fra", "men også utskrevet 20.11.2026 kl. 12.00"}},
    {"admitted at two hospitals",
     {kAdmitted, {"LOG_INNLAGT", "2026-11-19T10:00:00", true}},
     {"innlagt 19.11.2026 kl. 10.00 fra Sørfjord", "mens pasienten var innlagt 18.11.2026 kl. 10.00 fra Fjellvik"}},
    {"ready where not admitted",
     {kAdmitted, {"LOG_UTSKRIVNINGSKLAR", "2026-11-19T08:00:00", true}},
     {"utskrivningsklar 19.11.2026 kl. 08.00 fra Sørfjord", "bare innlagt 18.11.2026 kl. 10.00 fra Fjellvik"}},
    {"not ready where not admitted",
     {kAdmitted, {"LOG_AVMELDING", "2026-11-19T08:00:00", true}},
     {"ikke lenger utskrivningsklar 19.11.2026 kl. 08.00 fra Sørfjord", "bare innlagt 18.11.2026 kl. 10.00"}},
    {"discharged where not admitted",
     {kAdmitted, {"LOG_UTSKREVET", "2026-11-19T08:00:00", true}},
     {"utskrevet 19.11.2026 kl. 08.00 fra Sørfjord", "bare innlagt 18.11.2026 kl. 10.00 fra Fjellvik"}},
    {"discharged before the admission",
     {kAdmitted, {"LOG_UTSKREVET", "2026-11-17T12:00:00"}},
     {"utskrevet 17.11.2026 kl. 12.00 fra", "men først etter det innlagt 18.11.2026 kl. 10.00"}},
    {"admitted after death",
     {{"LOG_DOD", "2026-11-17"}, kAdmitted},
     {"innlagt 18.11.2026 kl. 10.00 fra", "men før det død 17.11.2026 fra", "Avklar straks"}},
    {"ready after death",
     {{"LOG_DOD", "2026-11-17"}, kReady},
     {"utskrivningsklar 19.11.2026 kl. 08.00 fra", "men før det død 17.11.2026 fra"}},
    {"not ready after death",
     {{"LOG_DOD", "2026-11-17"}, kNotReady},
     {"ikke lenger utskrivningsklar 19.11.2026", "men før det død 17.11.2026 fra"}},
    // What the times explain, however late it comes.
    {"a whole stay", {kAdmitted, kReady, kNotReady, kDischarged}, {}},
    {"two stays", {kAdmitted, kDischarged, {"LOG_INNLAGT", "2026-11-21T10:00:00"}}, {}},
    {"moved to another hospital", {kAdmitted, kDischarged, {"LOG_INNLAGT", "2026-11-20T12:00:00", true}}, {}},
    {"moved within a hospital", {kAdmitted, {"LOG_INNLAGT", "2026-11-19T10:00:00"}}, {}},
    {"a discharge alone", {kDischarged}, {}},
    {"days and hours of one day",
     {{"LOG_INNLAGT", "2026-11-20"}, {"LOG_UTSKRIVNINGSKLAR", "2026-11-20"}, kDischarged},
     {}},
    {"the same discharge twice, once as a day", {kAdmitted, kDischarged, {"LOG_UTSKREVET", "2026-11-20"}}, {}},
    {"discharged dead", {kAdmitted, {"LOG_DOD", "2026-11-19"}, kDischarged}, {}},
};

TEST_F(Contradictions, ask_a_person_one_thing_in_every_order_of_arrival_and_refuse_nothing) {
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    auto events = row.events;
    const auto less = [](const Event& a, const Event& b) { return a.type + a.when < b.type + b.when; };
    std::sort(events.begin(), events.end(), less);
    do {
      gateway.start_over();
      gateway.enrolled_patient();
      take(events);
      expect_all_taken(events.size());
      const auto questions = asked();
      ASSERT_EQ(questions.size(), row.asked.empty() ? 0u : 1u) << testing::PrintToString(questions);
      for (const auto& part : row.asked) EXPECT_THAT(questions[0], HasSubstr(part));
      for (const auto& question : questions)
        EXPECT_THAT(question,
                    AllOf(StartsWith("Meldingene motsier hverandre."), Not(HasSubstr(demo::copd_patient().number))));
    } while (std::next_permutation(events.begin(), events.end(), less));
  }
}

TEST_F(Contradictions, are_withdrawn_by_the_message_that_explains_them) {
  gateway.enrolled_patient();
  take({kReady});
  ASSERT_EQ(asked().size(), 1u);
  gateway.receive(xml(kAdmitted, 2));
  EXPECT_THAT(asked(), IsEmpty());
  EXPECT_EQ(gateway.all("Encounter").size(), 1u) << "the stay that the first had told of";
  const auto tasks = gateway.tasks("information");
  EXPECT_EQ(std::count_if(tasks.begin(), tasks.end(),
                          [](const auto& task) { return task.root()["status"].value() == "cancelled"; }),
            1);
}

TEST_F(Contradictions, are_asked_about_once_though_the_message_is_repeated_or_changed) {
  gateway.enrolled_patient();
  take({kAdmitted, {"LOG_INNLAGT", "2026-11-19T10:00:00", true}});
  const auto before = gateway.tasks("information").size();
  gateway.receive(xml({"LOG_INNLAGT", "2026-11-19T10:00:00", true}, 2));
  auto change = gateway.letter("LOG_INNLAGT", 3, "2026-11-19T10:00:00");
  change.sender = kElsewhere, change.status = "M", change.parent = uuid(2), change.generated = "2026-11-22T12:10:00";
  gateway.receive(change);
  EXPECT_EQ(asked().size(), 1u);
  EXPECT_EQ(gateway.tasks("information").size(), before);

  auto tasks = gateway.tasks("information");
  tasks.at(0).edit().set("status", "completed");
  const std::string id(tasks[0].root()["id"].value());
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(tasks[0].edit(), id); }));
  gateway.receive(xml({"LOG_UTSKRIVNINGSKLAR", "2026-11-20T10:00:00", true}, 4));
  EXPECT_THAT(asked(), IsEmpty()) << "somebody has answered it";
}

TEST_F(Contradictions, end_with_the_message_that_is_cancelled_and_come_back_with_it) {
  gateway.enrolled_patient();
  take({kAdmitted, {"LOG_INNLAGT", "2026-11-21T10:00:00", true}});
  ASSERT_EQ(asked().size(), 1u);
  gateway.receive(xml(kDischarged, 3));  // it was a move
  EXPECT_THAT(asked(), IsEmpty());
  auto cancel = gateway.letter("LOG_UTSKREVET", 4, kDischarged.when);
  cancel.status = "C", cancel.parent = uuid(3), cancel.generated = "2026-11-22T12:10:00";
  gateway.receive(cancel);
  EXPECT_EQ(asked().size(), 1u);
  cancel = gateway.letter("LOG_INNLAGT", 5, "2026-11-21T10:00:00");
  cancel.sender = kElsewhere, cancel.status = "C", cancel.parent = uuid(2), cancel.generated = "2026-11-22T12:11:00";
  gateway.receive(cancel);
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(Contradictions, of_two_discharges_leave_one_stay_that_the_last_written_one_ends) {
  for (const bool in_order : {true, false}) {
    SCOPED_TRACE(in_order);
    gateway.start_over();
    const auto patient = gateway.enrolled_patient();
    gateway.receive(xml(kAdmitted, 1));
    const auto early = xml(kDischarged, 2), late = xml({"LOG_UTSKREVET", "2026-11-21T12:00:00"}, 3);
    for (const auto* each : {in_order ? &early : &late, in_order ? &late : &early}) gateway.receive(*each);
    ASSERT_EQ(gateway.all("Encounter").size(), 1u);
    EXPECT_EQ(gateway.all("Encounter")[0].root()["period"]["end"].value(), "2026-11-21T12:00:00+01:00");
    EXPECT_EQ(gateway.tasks("resume").size(), 1u);
    auto cancel = gateway.letter("LOG_UTSKREVET", 4, "2026-11-21T12:00:00");
    cancel.status = "C", cancel.parent = uuid(3), cancel.generated = "2026-11-22T12:10:00";
    gateway.receive(cancel);
    EXPECT_EQ(gateway.all("Encounter")[0].root()["status"].value(), "finished") << "the other one stands";
    EXPECT_EQ(gateway.all("Encounter")[0].root()["period"]["end"].value(), "2026-11-20T12:00:00+01:00");
    EXPECT_THAT(asked(), IsEmpty());
  }
}

TEST_F(Contradictions, of_a_discharge_and_what_is_said_of_readiness_afterwards_pause_nobody) {
  for (const char* type : {"LOG_UTSKRIVNINGSKLAR", "LOG_AVMELDING"}) {
    SCOPED_TRACE(type);
    gateway.start_over();
    const auto patient = gateway.enrolled_patient();
    take({kAdmitted, kDischarged});
    ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return followup::resume(act, patient); }));
    gateway.receive(xml({type, "2026-11-21T08:00:00"}, 3));
    EXPECT_FALSE(gateway.is_paused(patient));
    EXPECT_EQ(gateway.all("Encounter").size(), 1u);
    EXPECT_EQ(asked().size(), 1u);
  }
}

TEST_F(Contradictions, in_readiness_leave_what_is_said_of_the_later_time) {
  for (const bool in_order : {true, false}) {
    SCOPED_TRACE(in_order);
    gateway.start_over();
    gateway.enrolled_patient();
    gateway.receive(xml(kAdmitted, 1));
    for (const auto* each : {in_order ? &kReady : &kNotReady, in_order ? &kNotReady : &kReady})
      gateway.receive(xml(*each, each == &kReady ? 2 : 3));
    EXPECT_FALSE(gateway.all("Encounter").at(0).root().extension(names::kReadyForDischarge));
  }
}

}  // namespace
}  // namespace varde::messaging::test
