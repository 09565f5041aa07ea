/// The course of a follow-up by the clock: pauses that were planned or told of late, and work that comes by itself.
/// Source: shared/domain.md, the course
#include <gmock/gmock.h>

#include "server/clock/clock.h"
#include "server/followup/course/stage.h"
#include "server/followup/task.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ACourse : public FollowUpTest {
 protected:
  void SetUp() override {
    FollowUpTest::SetUp();
    FollowUp::keep_time(clock);
  }
  void pass(std::chrono::hours time) {
    for (auto left = time; left > 0h; left -= 1h) world.pass(1h), clock.do_what_is_due();
  }
  Result<void> try_pause(const Pause& asked) {
    return world.repository().write([&](interaction::Act& act) { return pause(act, kari, asked); });
  }
  std::string status() { return std::string(world.read("EpisodeOfCare", episode).root()["status"].value()); }
  std::string history() {
    std::string text;
    const auto tree = world.read("EpisodeOfCare", episode);
    for (const auto entry : tree.root().each("statusHistory"))
      text += std::string(entry["status"].value()) + " to " +
              std::string(entry["period"]["end"].value()).substr(0, 16) + "; ";
    return text;
  }
  clock::Clock clock{world.repository(), [](std::string_view line) { ADD_FAILURE() << line; }};
};

// The world begins on Sunday 2026-11-22 at 09:00 in Oslo.
TEST_F(ACourse, is_paused_and_goes_on_as_it_was_planned) {
  ASSERT_TRUE(try_pause({"ferie", *parse_instant("2026-11-23T08:00:00Z"), *parse_instant("2026-11-24T08:00:00Z")}));
  EXPECT_EQ(status(), "active");
  pass(23h);
  EXPECT_EQ(status(), "active");
  pass(2h);
  EXPECT_EQ(status(), "onhold");
  EXPECT_EQ(history(), "active to 2026-11-23T08:00; ");
  measure({.value = "80", .time = "2026-11-23T08:30:00Z"});
  EXPECT_THAT(tasks("alert"), IsEmpty());
  pass(23h);
  EXPECT_EQ(status(), "active");
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/asap")) << "the worst of the pause";
}
TEST_F(ACourse, whose_planned_pause_is_taken_back_goes_on) {
  ASSERT_TRUE(try_pause({"ferie", world.now() + 24h, {}}));
  auto tree = world.read("EpisodeOfCare", episode);
  tree.edit().remove("extension");
  world.update(fhir::to_json(tree.root()), episode);
  pass(30h);
  EXPECT_EQ(status(), "active");
}
TEST_F(ACourse, whose_pause_is_planned_keeps_it_beside_one_that_begins_now) {
  ASSERT_TRUE(try_pause({"ferie", *parse_instant("2026-11-23T08:00:00Z"), *parse_instant("2026-11-24T08:00:00Z")}));
  ASSERT_TRUE(try_pause({"innlagt"}));
  pass(2h);
  EXPECT_EQ(status(), "onhold");
  world.act([&](interaction::Act& act) { return resume(act, kari); });
  EXPECT_EQ(status(), "active");
  pass(24h);
  EXPECT_EQ(status(), "onhold") << "as it was planned";
  pass(24h);
  EXPECT_EQ(status(), "active");
  EXPECT_FALSE(world.read("EpisodeOfCare", episode).root()["extension"]);
}
TEST_F(ACourse, whose_pause_ends_in_the_next_one_rests_until_that_ends) {
  ASSERT_TRUE(try_pause({"innlagt", {}, *parse_instant("2026-11-23T12:00:00Z")}));
  ASSERT_TRUE(try_pause({"ferie", *parse_instant("2026-11-23T08:00:00Z"), *parse_instant("2026-11-24T08:00:00Z")}));
  pass(30h);
  EXPECT_EQ(status(), "onhold");
  pass(20h);
  EXPECT_EQ(status(), "active");
}
TEST_F(ACourse, that_rests_without_an_end_is_not_begun_by_the_end_of_what_was_planned) {
  ASSERT_TRUE(try_pause({"ferie", *parse_instant("2026-11-23T08:00:00Z"), *parse_instant("2026-11-24T08:00:00Z")}));
  ASSERT_TRUE(try_pause({"innlagt"}));
  pass(72h);
  EXPECT_EQ(status(), "onhold");
  world.act([&](interaction::Act& act) { return resume(act, kari); });
  pass(2h);
  EXPECT_EQ(status(), "active");
}
TEST_F(ACourse, that_was_resumed_by_hand_is_not_resumed_again) {
  ASSERT_TRUE(try_pause({"innlagt", {}, world.now() + 24h}));
  pass(2h);
  world.act([&](interaction::Act& act) { return resume(act, kari); });
  ASSERT_TRUE(try_pause({"innlagt igjen"}));
  pass(30h);
  EXPECT_EQ(status(), "onhold") << "the second pause has no end";
}
TEST_F(ACourse, whose_pause_is_told_of_late_withdraws_what_was_raised_in_it) {
  measure({.value = "80", .time = "2026-11-22T07:30:00Z"});
  pass(5h);
  measure({.value = "79", .time = "2026-11-22T12:30:00Z"});
  ASSERT_THAT(tasks("alert"), ElementsAre("requested/stat", "requested/asap"));
  ASSERT_TRUE(try_pause({"innlagt", *parse_instant("2026-11-22T10:00:00Z")}));
  EXPECT_EQ(status(), "onhold");
  EXPECT_EQ(history(), "active to 2026-11-22T10:00; ");
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/stat", "cancelled/asap")) << "what was before it stays";
}
TEST_F(ACourse, whose_late_pause_leaves_what_somebody_has_taken) {
  measure({.value = "79", .time = "2026-11-22T07:50:00Z"});
  auto task = std::move(world.all("Task").back());
  task.edit().set("status", "in-progress");
  world.update(fhir::to_json(task.root()), std::string(task.root()["id"].value()));
  ASSERT_TRUE(try_pause({"innlagt", *parse_instant("2026-11-22T07:45:00Z")}));
  EXPECT_THAT(tasks("alert"), ElementsAre("in-progress/asap"));
  EXPECT_EQ(world.all("Task").back().root()["note"]["text"].value(), "Oppfølgingen var pauset da det ble målt");
}

TEST_F(ACourse, without_limits_asks_for_them_once_and_until_they_are_set) {
  kari = world.create(patient());
  world.create(enrolment(kari));
  pass(2h);
  EXPECT_THAT(tasks("set-limits"), ElementsAre("requested/routine"));
  world.create(plan(kari, "2708-6", kSpO2Limits));
  EXPECT_THAT(tasks("set-limits"), ElementsAre("completed/routine"));
}
TEST_F(ACourse, with_limits_asks_for_none) {
  pass(2h);
  EXPECT_THAT(tasks("set-limits"), IsEmpty());
}
TEST_F(ACourse, has_a_contact_every_month_and_an_evaluation_every_half_year) {
  pass(24h * 29);
  EXPECT_THAT(tasks("contact"), IsEmpty());
  pass(24h * 3);
  EXPECT_THAT(tasks("contact"), ElementsAre("requested/routine"));
  EXPECT_THAT(tasks("evaluation"), IsEmpty());
  pass(24h * 152);
  EXPECT_THAT(tasks("contact"), ElementsAre("requested/routine")) << "one that is open stands for the next";
  EXPECT_THAT(tasks("evaluation"), ElementsAre("requested/routine"));
  world.update(enrolment(kari, "finished"), episode);
  EXPECT_THAT(tasks("contact"), ElementsAre("cancelled/routine"));
  EXPECT_THAT(tasks("evaluation"), ElementsAre("cancelled/routine"));
}
TEST_F(ACourse, in_a_pause_has_its_contact_afterwards) {
  ASSERT_TRUE(try_pause({"innlagt"}));
  pass(24h * 40);
  EXPECT_THAT(tasks("contact"), IsEmpty());
  world.act([&](interaction::Act& act) { return resume(act, kari); });
  pass(24h * 2);
  EXPECT_THAT(tasks("contact"), ElementsAre("requested/routine"));
}
TEST_F(ACourse, on_trial_is_evaluated_after_three_weeks) {
  kari = world.create(patient());
  world.create(
      R"({"resourceType":"EpisodeOfCare","status":"active","extension":[{"url":"https://varde.example/fhir/StructureDefinition/course","valueCode":"trial"}],"patient":{"reference":"Patient/)" +
      kari + R"("}})");
  pass(24h * 20);
  EXPECT_THAT(tasks("evaluation"), IsEmpty());
  pass(24h * 3);
  EXPECT_THAT(tasks("evaluation"), ElementsAre("requested/routine"));
}

TEST(AStage, goes_on_only_as_the_course_does) {
  EXPECT_TRUE(check_step(Stage::referred, Stage::running));
  EXPECT_TRUE(check_step(Stage::paused, Stage::paused));
  EXPECT_EQ(check_step(Stage::running, Stage::trial).error().fault, Fault::business_rule);
  EXPECT_EQ(check_step(Stage::ended, Stage::running).error().fault, Fault::business_rule);
  EXPECT_EQ(check_step(Stage::offered, Stage::referred).error().fault, Fault::business_rule);
}

}  // namespace
}  // namespace varde::followup::test
