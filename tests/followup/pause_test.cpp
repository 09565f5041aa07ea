/// What is measured while the follow-up rests is told when it goes on: nobody looks between the discharge and "resume".
#include <gmock/gmock.h>

#include "server/followup/pause.h"
#include "server/followup/task.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class Pause : public FollowUpTest {
 protected:
  void SetUp() override {
    FollowUpTest::SetUp();
    world.act([&](auto& act) { return pause(act, kari, "Innlagt i sykehus"); });
    world.pass(2h);
  }
  std::string stay(std::string_view status, std::string_view period, std::string_view cls = "IMP") {
    return R"({"resourceType":"Encounter","status":")" + std::string(status) + R"(","class":{"code":")" +
           std::string(cls) + R"("},"subject":{"reference":"Patient/)" + kari + R"("},"period":{)" +
           std::string(period) + "}}";
  }
  void go_on() {
    world.act([&](auto& act) { return resume(act, kari); });
  }
  std::string ask_to_resume() {
    std::string id;
    world.act([&](auto& act) {
      return raise(act, {kari, "resume", "urgent", "Pasienten er utskrevet.", ""}).map([&](const std::string& task) {
        id = task;
      });
    });
    return id;
  }
  std::string description(const std::string& task) {
    return std::string(world.read("Task", task).root()["description"].value());
  }
  std::string alert_description() {
    for (const auto& tree : world.all("Task"))
      if (tree.root()["code"]["coding"]["code"].value() == "alert")
        return std::string(tree.root()["description"].value());
    return "none";
  }
};

TEST_F(Pause, keeps_and_judges_and_tells_the_worst_as_one_alert_when_the_follow_up_goes_on) {
  measure({.value = "84", .time = "2026-11-22T09:05:00Z"});
  const auto worst = measure({.value = "78", .time = "2026-11-22T09:10:00Z"});
  measure({.value = "88", .time = "2026-11-22T09:15:00Z"});
  EXPECT_EQ(level(worst), "red");
  EXPECT_TRUE(tasks("alert").empty());
  go_on();
  EXPECT_EQ(tasks("alert"), Words{"requested/asap"});
  EXPECT_THAT(alert_description(), HasSubstr("SpO2 78 % er under rød grense 85 % (målt 22.11. kl. 10.10 mens"));
  EXPECT_THAT(alert_description(), HasSubstr("3 målinger"));
  ASSERT_EQ(world.red_alerts.size(), 1u);
  EXPECT_EQ(world.red_alerts[0].observation_id, worst);
  go_on();
  EXPECT_EQ(tasks("alert").size(), 1u);
}

TEST_F(Pause, without_anything_beyond_the_limits_goes_on_in_silence) {
  measure({.value = "95", .time = "2026-11-22T09:05:00Z"});
  go_on();
  EXPECT_TRUE(tasks("alert").empty());
}

TEST_F(Pause, tells_only_what_was_measured_after_the_discharge) {
  measure({.value = "70", .time = "2026-11-22T09:05:00Z"});  // in hospital
  world.create(stay("finished", R"("start":"2026-11-20","end":"2026-11-22T09:30:00Z")"));
  measure({.value = "83", .time = "2026-11-22T10:00:00Z"});
  go_on();
  EXPECT_THAT(alert_description(), HasSubstr("SpO2 83 %"));
}

TEST_F(Pause, tells_a_reading_of_the_day_of_the_discharge_that_says_no_clock) {
  world.create(stay("finished", R"("start":"2026-11-20","end":"2026-11-22T09:30:00Z")"));
  measure({.value = "79", .time = "2026-11-22"});
  go_on();
  EXPECT_THAT(alert_description(), HasSubstr("SpO2 79 % er under rød grense 85 % (målt 22.11.2026 mens"));
}

TEST_F(Pause, told_of_afterwards_leaves_a_reading_of_its_first_day_that_says_no_clock) {
  go_on();
  measure({.value = "79", .time = "2026-11-22"});
  world.act([&](auto& act) { return withdraw_since(act, act.patient_key(kari), world.now() - 1h); });
  EXPECT_EQ(tasks("alert"), Words{"requested/asap"}) << "it may be of before the pause";
}

TEST_F(Pause, tells_what_could_not_be_judged_when_the_follow_up_goes_on) {
  measure({.value = "79", .unit = "foo", .time = "2026-11-22T09:05:00Z"});
  measure({.loinc = "8867-4", .value = "130", .unit = "/min", .time = "2026-11-22T09:06:00Z"});
  measure({.value = "95", .time = "2026-11-22T09:10:00Z"});
  EXPECT_TRUE(tasks("technical").empty());
  EXPECT_TRUE(tasks("set-limits").empty());
  go_on();
  EXPECT_EQ(tasks("technical"), Words{"requested/urgent"});
  EXPECT_EQ(tasks("set-limits"), Words{"requested/routine"});
  EXPECT_TRUE(tasks("alert").empty());
}

TEST_F(Pause, does_not_tell_anew_what_could_not_be_judged_before_it) {
  go_on();
  measure({.value = "79", .unit = "foo", .time = "2026-11-22T09:05:00Z"});
  ASSERT_EQ(tasks("technical").size(), 1u);
  const auto found = world.all("Task");
  auto task = fhir::Tree::copy_of(found.back().root());
  world.act([&](auto& act) { return conclude(act, task.root()["id"].value(), "completed", "sett på"); });
  world.act([&](auto& act) { return pause(act, kari, "ferie"); });
  go_on();
  EXPECT_EQ(tasks("technical"), Words{"completed/urgent"});
}

TEST_F(Pause, names_the_worst_on_the_task_that_asks_to_resume_as_it_happens) {
  const auto task = ask_to_resume();
  measure({.value = "88", .time = "2026-11-22T09:05:00Z"});
  EXPECT_THAT(description(task), HasSubstr("SpO2 88 % er under gul grense 90 %"));
  const auto worst = measure({.value = "78", .time = "2026-11-22T09:10:00Z"});
  EXPECT_EQ(description(task),
            "Pasienten er utskrevet. Verste måling siden: SpO2 78 % er under rød grense 85 % (22.11. kl. 10.10), 2 "
            "målinger utenfor grensene.");
  EXPECT_EQ(world.read("Task", task).root()["priority"].value(), "asap");
  EXPECT_EQ(world.read("Task", task).root()["input"]["valueReference"]["reference"].value(),
            "Observation/" + worst + "/_history/1");
  world.update(observation(kari, {.value = "78", .status = "entered-in-error"}), worst);
  EXPECT_THAT(description(task), HasSubstr("SpO2 88 %"));
  EXPECT_THAT(description(task), Not(HasSubstr("78")));
}

TEST_F(Pause, a_discharge_told_of_later_corrects_what_the_task_names) {
  const auto task = ask_to_resume();
  measure({.value = "70", .time = "2026-11-22T09:05:00Z"});
  EXPECT_THAT(description(task), HasSubstr("SpO2 70 %"));
  world.create(stay("finished", R"("start":"2026-11-20","end":"2026-11-22T09:30:00Z")"));
  EXPECT_EQ(description(task), "Pasienten er utskrevet.");
}

TEST_F(Pause, does_not_tell_what_had_its_task_before_it_began) {
  go_on();
  spo2("80");
  ASSERT_EQ(tasks("alert").size(), 1u);
  world.act([&](auto& act) { return pause(act, kari, "ferie"); });
  go_on();
  EXPECT_EQ(tasks("alert").size(), 1u);
}

TEST_F(Pause, is_asked_about_when_a_patient_in_hospital_is_enrolled) {
  world.act([&](auto& act) { return end(act, kari, ""); });
  const auto encounter = world.create(stay("in-progress", R"("start":"2026-11-22T06:00:00Z")"));
  world.create(enrolment(kari));
  ASSERT_EQ(tasks("pause"), Words{"requested/urgent"});
  const auto found = world.all("Task");
  auto task = fhir::Tree::copy_of(found.back().root());
  EXPECT_THAT(std::string(task.root()["description"].value()), HasSubstr("meldt innlagt 22.11. kl. 07.00"));
  EXPECT_EQ(task.root()["focus"]["reference"].value(), "Encounter/" + encounter);
  task.edit().set("status", "completed");
  world.update(fhir::to_json(task.root()), std::string(task.root()["id"].value()));
  EXPECT_TRUE(
      world.repository().read([&](const interaction::View& view) { return is_paused(view, view.patient_key(kari)); }));
}

TEST_F(Pause, is_not_asked_about_for_a_visit_or_a_stay_that_is_over) {
  world.act([&](auto& act) { return end(act, kari, ""); });
  world.create(stay("in-progress", R"("start":"2026-11-22T06:00:00Z")", "AMB"));
  const auto encounter = world.create(stay("in-progress", R"("start":"2026-11-22T06:00:00Z")"));
  world.update(stay("finished", R"("start":"2026-11-22T06:00:00Z","end":"2026-11-22T07:00:00Z")"), encounter);
  world.create(enrolment(kari));
  EXPECT_TRUE(tasks("pause").empty());
}

TEST_F(Pause, question_is_withdrawn_when_the_patient_comes_home) {
  world.act([&](auto& act) { return end(act, kari, ""); });
  const auto encounter = world.create(stay("in-progress", R"("start":"2026-11-22T06:00:00Z")"));
  world.create(enrolment(kari));
  world.update(stay("finished", R"("start":"2026-11-22T06:00:00Z","end":"2026-11-22T07:00:00Z")"), encounter);
  EXPECT_EQ(tasks("pause"), Words{"cancelled/urgent"});
}

}  // namespace
}  // namespace varde::followup::test
