/// "Grønn, ikke utført": a planned measurement that is not made in its window is told of, once, at the window's end.
/// Source: shared/domain.md, colours of alerts; https://hl7.org/fhir/R4/datatypes.html#Timing
#include "server/followup/missing.h"

#include <gmock/gmock.h>

#include "server/followup/schedule.h"
#include "server/interaction/text.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// "begin/end x times", of the windows from that moment on.
std::vector<std::string> windows(std::string_view timing, std::string_view from, int count) {
  const auto request =
      resource(R"({"resourceType":"ServiceRequest","status":"active","intent":"plan","subject":{"display":"x"},)" +
               std::string(timing) + "}");
  const auto zone = time::Zone::norway();
  const auto schedule = Schedule::of(request.root(), zone);
  if (!schedule) return {"none"};
  std::vector<std::string> found;
  auto at = *parse_instant(from, zone);
  for (int i = 0; i < count; ++i) {
    const auto window = schedule->next(at);
    if (!window) {
      found.push_back("over");
      break;
    }
    found.push_back(interaction::fhir_instant(window->begin).substr(0, 16) + "/" +
                    interaction::fhir_instant(window->end).substr(0, 16) + " x" + std::to_string(window->times));
    at = window->end;
  }
  return found;
}

std::string repeat(std::string_view fields) {
  return R"("occurrenceTiming":{"repeat":{"boundsPeriod":{"start":"2026-10-24","end":"2026-11-30"},)" +
         std::string(fields) + "}}";
}

TEST(ASchedule, has_days_of_the_deployment_also_over_the_change_of_the_clock) {
  EXPECT_THAT(windows(repeat(R"("frequency":3,"period":1,"periodUnit":"d")"), "2026-10-24T08:00:00Z", 2),
              ElementsAre("2026-10-24T22:00/2026-10-25T23:00 x3", "2026-10-25T23:00/2026-10-26T23:00 x3"));
}
TEST(ASchedule, counts_weeks_and_months_from_the_first_day) {
  EXPECT_THAT(windows(repeat(R"("frequency":1,"period":1,"periodUnit":"wk")"), "2026-10-25T08:00:00Z", 2),
              ElementsAre("2026-10-30T23:00/2026-11-06T23:00 x1", "2026-11-06T23:00/2026-11-13T23:00 x1"));
  EXPECT_THAT(windows(repeat(R"("frequency":1,"period":1,"periodUnit":"mo")"), "2026-10-01", 2),
              ElementsAre("2026-10-23T22:00/2026-11-23T23:00 x1", "over"));
}
TEST(ASchedule, has_days_of_the_week_and_times_of_the_day_with_grace) {
  EXPECT_THAT(windows(repeat(R"("frequency":2,"period":1,"periodUnit":"wk","dayOfWeek":["mon","thu"])"),
                      "2026-11-03T12:00:00Z", 2),
              ElementsAre("2026-11-04T23:00/2026-11-05T23:00 x1", "2026-11-08T23:00/2026-11-09T23:00 x1"));
  EXPECT_THAT(windows(repeat(R"("frequency":2,"period":1,"periodUnit":"d","timeOfDay":["20:00:00","08:00:00"])"),
                      "2026-11-03T06:00:00Z", 2),
              ElementsAre("2026-11-03T09:00/2026-11-03T21:00 x1", "2026-11-03T21:00/2026-11-04T09:00 x1"));
}
TEST(ASchedule, knows_the_usual_abbreviations_and_no_single_occurrence) {
  EXPECT_THAT(windows(R"("authoredOn":"2026-11-01T10:00:00Z","occurrenceTiming":{"code":{"coding":[{"code":"BID"}]}})",
                      "2026-11-03", 1),
              ElementsAre("2026-11-02T23:00/2026-11-03T23:00 x2"));
  EXPECT_THAT(windows(R"("occurrenceDateTime":"2026-11-03")", "2026-11-03", 1), ElementsAre("none"));
  EXPECT_THAT(windows(repeat(R"("frequency":1,"period":7,"periodUnit":"h")"), "2026-11-03", 1), ElementsAre("none"));
}

class Missing : public FollowUpTest {
 protected:
  void SetUp() override {
    FollowUpTest::SetUp();
    FollowUp::keep_time(clock);
    id = world.create(
        R"({"resourceType":"ServiceRequest","status":"active","intent":"plan","subject":{"reference":"Patient/)" +
        kari + R"("},"code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"occurrenceTiming":{
                      "repeat":{"boundsPeriod":{"start":"2026-11-20"},"frequency":1,"period":1,"periodUnit":"d"}}})");
  }
  void pass(std::chrono::hours hours) {
    for (int i = 0; i < hours.count(); ++i) world.pass(1h), clock.do_what_is_due();
  }
  void weigh(std::string_view time) {
    measure({.loinc = "29463-7", .value = "80", .unit = "kg", .time = std::string(time)});
  }
  std::vector<std::string> told() {
    std::vector<std::string> found;
    for (const auto& tree : world.all("Task")) {
      const auto task = tree.root();
      if (task["code"]["coding"]["code"].value() == "missing-measurement" &&
          task["description"].value().find(": vekt") != std::string_view::npos)
        found.push_back(std::string(task["status"].value()) + ": " + std::string(task["description"].value()));
    }
    return found;
  }
  clock::Clock clock{world.repository(), [](std::string_view line) { ADD_FAILURE() << line; }};
  std::string id;
};

// The world begins on 2026-11-22 at 09:00 in Oslo.
TEST_F(Missing, is_told_at_the_end_of_the_first_whole_window_and_once) {
  pass(38h);  // 23:00 on the 23rd
  EXPECT_THAT(told(), IsEmpty());
  pass(2h);
  EXPECT_THAT(told(),
              ElementsAre("requested: Ikke målt som planlagt: vekt, mellom 23.11. kl. 00.00 og 24.11. kl. 00.00. "
                          "Ingen måling er mottatt."));
  pass(24h);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("mellom 23.11. kl. 00.00 og 25.11. kl. 00.00")));
}
TEST_F(Missing, is_not_what_was_measured) {
  pass(23h);
  weigh("2026-11-23T06:00:00Z");
  pass(20h);
  EXPECT_THAT(told(), IsEmpty());
  pass(24h);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("Sist målt 23.11. kl. 07.00.")));
}
TEST_F(Missing, is_not_what_was_measured_in_the_first_moment_of_its_window) {
  pass(16h);  // 01:00 on the 23rd
  weigh("2026-11-22T23:00:00Z");
  pass(24h);
  EXPECT_THAT(told(), IsEmpty());
}
TEST_F(Missing, looks_past_readings_that_were_withdrawn_however_many) {
  pass(23h);
  weigh("2026-11-23T06:00:00Z");
  for (int i = 10; i < 60; ++i)
    measure({.loinc = "29463-7",
             .value = "80",
             .unit = "kg",
             .status = "entered-in-error",
             .time = "2026-11-23T06:" + std::to_string(i) + ":00Z"});
  pass(20h);
  EXPECT_THAT(told(), IsEmpty());
}
TEST_F(Missing, is_settled_by_a_reading_of_its_time_or_later_and_by_no_older_one) {
  pass(40h);
  weigh("2026-11-22T20:00:00Z");
  EXPECT_THAT(told(), ElementsAre(HasSubstr("requested")));
  weigh("2026-11-23T20:00:00Z");
  EXPECT_THAT(told(), ElementsAre(HasSubstr("completed")));
}
TEST_F(Missing, counts_how_often) {
  auto tree = world.read("ServiceRequest", id);
  tree.edit()["occurrenceTiming"]["repeat"].set("frequency", "3");
  world.update(fhir::to_json(tree.root()), id);
  pass(34h);
  weigh("2026-11-23T06:00:00Z"), weigh("2026-11-23T16:00:00Z");
  pass(6h);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("(2 av 3 ganger)")));
}
TEST_F(Missing, rests_in_a_pause_and_begins_anew_after_it) {
  pass(40h);
  ASSERT_EQ(told().size(), 1u);
  world.act([&](auto& act) { return pause(act, kari, "ferie"); });
  EXPECT_THAT(told(), ElementsAre(HasSubstr("cancelled")));
  pass(48h);
  EXPECT_EQ(told().size(), 1u);
  world.act([&](auto& act) { return resume(act, kari); });
  pass(24h);
  EXPECT_EQ(told().size(), 1u) << "the day that it went on is not a whole one";
  pass(24h);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("cancelled"), HasSubstr("requested")));
}
TEST_F(Missing, ends_with_the_follow_up_and_with_the_plan) {
  auto tree = world.read("ServiceRequest", id);
  tree.edit().set("status", "revoked");
  world.update(fhir::to_json(tree.root()), id);
  pass(72h);
  EXPECT_THAT(told(), IsEmpty());
  tree.edit().set("status", "active");
  world.update(fhir::to_json(tree.root()), id);
  world.act([&](auto& act) { return end(act, kari, "død"); });
  pass(72h);
  EXPECT_THAT(told(), IsEmpty());
}
TEST_F(Missing, keeps_its_window_when_something_else_of_the_plan_is_changed) {
  pass(30h);
  auto tree = world.read("ServiceRequest", id);
  tree.edit().set("patientInstruction", "Vei deg om morgenen");
  world.update(fhir::to_json(tree.root()), id);
  pass(10h);
  EXPECT_EQ(told().size(), 1u);
}
TEST_F(Missing, is_told_after_a_stop_of_days_as_one) {
  world.pass(24h * 4);
  for (int i = 0; i < 10; ++i) clock.do_what_is_due();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("mellom 23.11. kl. 00.00 og 26.11. kl. 00.00")));
}

class Deadlines : public Missing {
 protected:
  void agree(std::string_view parts) {
    auto tree = resource(
        R"({"resourceType":"ServiceRequest","extension":[{"url":"https://varde.example/fhir/StructureDefinition/deadline","extension":[)" +
        std::string(parts) + R"(]}],"status":"active","intent":"plan","subject":{"reference":"Patient/)" + kari +
        R"("},"code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"occurrenceTiming":{"repeat":{"boundsPeriod":{"start":"2026-11-20"},"frequency":1,"period":1,"periodUnit":"d"}}})");
    refused = world.try_update(fhir::to_json(tree.root()), id);
  }
  static std::string part(std::string_view url, int hours) {
    return R"({"url":")" + std::string(url) + R"(","valueDuration":{"value":)" + std::to_string(hours) +
           R"(,"system":"http://unitsofmeasure.org","code":"h"}})";
  }
  std::vector<std::string> reminders() {
    std::vector<std::string> found;
    for (const auto& tree : world.all("Communication"))
      found.emplace_back(tree.root()["payload"]["contentString"].value());
    return found;
  }
  Result<void> refused;
};

TEST_F(Deadlines, of_grace_waits_for_what_comes_late_and_was_measured_in_time) {
  agree(part("grace", 6));
  pass(41h);  // two hours past the end
  EXPECT_THAT(told(), IsEmpty());
  weigh("2026-11-23T20:00:00Z");
  pass(6h);
  EXPECT_THAT(told(), IsEmpty()) << "it came in within the grace";
  pass(18h + 2h);
  EXPECT_THAT(told(), IsEmpty()) << "the next window ends with its own grace";
  pass(5h);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("mellom 24.11. kl. 00.00 og 25.11. kl. 00.00")));
}
TEST_F(Deadlines, that_remind_do_so_once_and_only_of_what_is_not_done) {
  agree(part("remind", 4));
  pass(34h);
  EXPECT_THAT(reminders(), IsEmpty());
  pass(2h);
  EXPECT_THAT(reminders(), ElementsAre("Husk å måle vekt innen 24.11. kl. 00.00."));
  EXPECT_THAT(tasks("message"), IsEmpty()) << "what we write ourselves is nobody's work";
  pass(13h);
  weigh("2026-11-24T08:00:00Z");
  pass(13h);
  EXPECT_EQ(reminders().size(), 1u) << "measured today already";
}
TEST_F(Deadlines, remind_nobody_in_a_pause) {
  agree(part("remind", 4));
  world.update(enrolment(kari, "onhold"), episode);
  pass(48h);
  EXPECT_THAT(reminders(), IsEmpty());
}
TEST_F(Deadlines, that_change_leave_the_window_that_runs) {
  pass(20h);  // in the window of the 23rd
  agree(part("grace", 3));
  ASSERT_TRUE(refused);
  pass(20h);
  EXPECT_THAT(told(), IsEmpty());
  pass(4h);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("mellom 23.11. kl. 00.00 og 24.11. kl. 00.00")));
}
TEST_F(Deadlines, that_cannot_be_read_are_refused) {
  agree(R"({"url":"grace","valueDuration":{"value":6,"code":"mo"}})");
  EXPECT_EQ(refused.error().fault, Fault::value_malformed);
  agree(R"({"url":"mercy","valueDuration":{"value":6,"code":"h"}})");
  EXPECT_EQ(refused.error().fault, Fault::element_unknown);
}

}  // namespace
}  // namespace varde::followup::test
