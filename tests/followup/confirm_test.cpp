/// The first of two readings is not trusted: its alert waits for the second, and is told after all when none comes.
/// Source: shared/domain.md: "pulse oximeter sends too early, so two measurements are taken and the first is not
/// trusted"
#include "server/followup/confirm.h"

#include <gmock/gmock.h>

#include "server/clock/clock.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Confirmation : public FollowUpTest {
 protected:
  void SetUp() override {
    FollowUpTest::SetUp();
    world.confirm_by(clock);
    auto limits = kSpO2Limits;
    limits.push_back(
        R"({"url":"https://varde.example/fhir/StructureDefinition/rule","extension":[{"url":"kind","valueCode":"confirmation"},{"url":"within","valueDuration":{"value":10,"system":"http://unitsofmeasure.org","code":"min"}}]})");
    world.update(plan(kari, "2708-6", limits), spo2_plan);
  }
  void pass(std::chrono::minutes time) { world.pass(time), clock.do_what_is_due(); }
  std::string at(std::string_view time, std::string_view value) {
    return measure({.value = std::string(value), .time = "2026-11-22T" + std::string(time) + ":00Z"});
  }
  clock::Clock clock{world.repository(), [](std::string_view line) { ADD_FAILURE() << line; }};
};

TEST_F(Confirmation, of_a_first_reading_is_waited_for) {
  const auto id = at("07:58", "80");
  EXPECT_EQ(level(id), "red") << "its colour is its own";
  EXPECT_THAT(tasks("alert"), IsEmpty());
}
TEST_F(Confirmation, by_a_second_that_is_green_raises_nothing) {
  at("07:58", "80");
  pass(3min);
  at("08:01", "95");
  pass(20min);
  EXPECT_THAT(tasks("alert"), IsEmpty());
}
TEST_F(Confirmation, by_a_second_that_alarms_is_told_at_once_and_once) {
  at("07:58", "80");
  pass(3min);
  at("08:01", "88");
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/urgent")) << "the second is the one that counts";
  pass(20min);
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/urgent"));
}
TEST_F(Confirmation, that_does_not_come_leaves_nothing_hidden) {
  at("07:58", "80");
  pass(9min);
  EXPECT_THAT(tasks("alert"), IsEmpty());
  pass(2min);
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/asap"));
  EXPECT_EQ(world.red_alerts.size(), 1u) << "and the GP hears of it";
  EXPECT_THAT(std::string(world.all("Task").back().root()["description"].value()),
              HasSubstr("ikke bekreftet av en ny måling"));
  pass(30min);
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/asap"));
}
TEST_F(Confirmation, of_a_reading_that_was_withdrawn_is_not_waited_for) {
  const auto id = at("07:58", "80");
  world.update(observation(kari, {.value = "80", .status = "entered-in-error", .time = "2026-11-22T07:58:00Z"}), id);
  pass(20min);
  EXPECT_THAT(tasks("alert"), IsEmpty());
}
TEST_F(Confirmation, is_asked_of_that_measure_alone) {
  world.create(plan(kari, "8867-4", {limit("green", "40", "110", "/min"), limit("red", "110", "", "/min")}));
  measure({.loinc = "8867-4", .value = "130", .unit = "/min"});
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/asap"));
}
TEST_F(Confirmation, in_a_pause_leaves_it_to_the_end_of_the_pause) {
  at("07:58", "80");
  world.update(enrolment(kari, "onhold"), episode);
  pass(20min);
  EXPECT_THAT(tasks("alert"), IsEmpty());
  world.update(enrolment(kari), episode);
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/asap")) << "nobody else tells of it: it came before the pause";
  pass(20min);
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/asap"));
}
TEST_F(Confirmation, is_not_asked_of_a_reading_that_says_no_clock) {
  measure({.value = "80", .time = "2026-11-22"});
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/asap"));
}
TEST_F(Confirmation, is_no_reading_of_the_same_day_that_says_no_clock) {
  measure({.value = "95", .time = "2026-11-22"});
  at("07:58", "80");
  EXPECT_THAT(tasks("alert"), IsEmpty()) << "the first one may have been made at any time";
  measure({.value = "96", .time = "2026-11-22"});
  pass(11min);
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/asap"));
}
TEST_F(Confirmation, is_not_waited_for_longer_than_an_hour) {
  auto limits = kSpO2Limits;
  limits.push_back(
      R"({"url":"https://varde.example/fhir/StructureDefinition/rule","extension":[{"url":"kind","valueCode":"confirmation"},{"url":"within","valueDuration":{"value":2,"system":"http://unitsofmeasure.org","code":"h"}}]})");
  EXPECT_EQ(world.try_update(plan(kari, "2708-6", limits), spo2_plan).error().fault, Fault::business_rule);
}

}  // namespace
}  // namespace varde::followup::test
