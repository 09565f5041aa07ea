/// Work: by when somebody must see to a Task, who is told when nobody does, and what putting it off means.
/// Source: shared/domain.md, alerts; norway/holidays.h
#include <gmock/gmock.h>

#include "server/clock/clock.h"
#include "server/followup/task.h"
#include "server/followup/work/agreement.h"
#include "server/followup/work/opening.h"
#include "server/followup/work/step.h"
#include "server/interaction/text.h"
#include "server/storage/due.h"
#include "server/storage/worklist.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string oslo(Instant at) { return interaction::fhir_instant(at).substr(0, 16); }
Instant at(std::string_view text) { return *parse_instant(text); }

const OpeningHours kHours;

TEST(OpeningHours, are_of_working_days) {
  const auto zone = time::Zone::norway();
  EXPECT_TRUE(is_open_at(at("2026-11-26T09:00:00+01:00"), kHours, zone));
  EXPECT_FALSE(is_open_at(at("2026-11-26T07:59:00+01:00"), kHours, zone));
  EXPECT_FALSE(is_open_at(at("2026-11-26T15:30:00+01:00"), kHours, zone));
  EXPECT_FALSE(is_open_at(at("2026-11-28T09:00:00+01:00"), kHours, zone)) << "Saturday";
  EXPECT_FALSE(is_open_at(at("2026-04-03T09:00:00+02:00"), kHours, zone)) << "Good Friday";
}
TEST(OpeningHours, a_shift_ends_that_day_or_the_next_that_is_worked) {
  const auto zone = time::Zone::norway();
  EXPECT_EQ(oslo(end_of_shift(at("2026-11-26T09:00:00+01:00"), kHours, zone)), "2026-11-26T14:30");
  EXPECT_EQ(oslo(end_of_shift(at("2026-11-27T16:00:00+01:00"), kHours, zone)), "2026-11-30T14:30") << "over a weekend";
  EXPECT_EQ(oslo(end_of_shift(at("2026-04-01T16:00:00+02:00"), kHours, zone)), "2026-04-07T13:30") << "over Easter";
  EXPECT_EQ(oslo(next_opening(at("2026-04-01T16:00:00+02:00"), kHours, zone)), "2026-04-07T06:00");
}
TEST(OpeningHours, are_counted_across_nights) {
  const auto zone = time::Zone::norway();
  EXPECT_EQ(oslo(after_open_time(at("2026-11-26T15:00:00+01:00"), 60min, kHours, zone)), "2026-11-27T07:30");
  EXPECT_EQ(oslo(after_open_time(at("2026-11-27T15:00:00+01:00"), 30min, kHours, zone)), "2026-11-27T14:30");
  EXPECT_EQ(oslo(after_open_time(at("2026-11-28T12:00:00+01:00"), 0min, kHours, zone)), "2026-11-30T07:00");
}
TEST(OpeningHours, are_what_the_centre_says) {
  const auto zone = time::Zone::norway();
  OpeningHours hours;
  hours.days[5] = OpeningHours::Shift{10h, 14h};
  hours.holidays = OpeningHours::Shift{11h, 12h};
  EXPECT_TRUE(is_open_at(at("2026-11-28T11:00:00+01:00"), hours, zone)) << "Saturday";
  EXPECT_FALSE(is_open_at(at("2026-11-29T11:00:00+01:00"), hours, zone)) << "Sunday";
  EXPECT_TRUE(is_open_at(at("2026-04-03T11:30:00+02:00"), hours, zone)) << "Good Friday";
  EXPECT_FALSE(is_open_at(at("2026-04-03T10:30:00+02:00"), hours, zone)) << "Good Friday, by its own hours";
  EXPECT_EQ(oslo(end_of_shift(at("2026-11-27T16:00:00+01:00"), hours, zone)), "2026-11-28T13:00");
  EXPECT_EQ(oslo(after_open_time(at("2026-11-28T13:30:00+01:00"), 60min, hours, zone)), "2026-11-30T07:30");
}

class Work : public FollowUpTest {
 protected:
  void SetUp() override {
    FollowUpTest::SetUp();
    FollowUp::keep_time(clock);
    nurse = world.create(R"({"resourceType":"Practitioner"})", "anne");
    world.create(R"({"resourceType":"CareTeam"})", "night");
    world.create(R"({"resourceType":"CareTeam"})", "watch");
    by = resource(
        R"({"resourceType":"Task","status":"requested","intent":"order","owner":{"reference":"Practitioner/anne"}})");
  }
  void pass(std::chrono::minutes time) {
    for (auto left = time; left > 0min; left -= 15min) world.pass(15min), clock.do_what_is_due();
  }
  std::string newest_task() {
    std::string id;
    for (const auto& tree : world.all("Task")) id = tree.root()["id"].value();
    return id;
  }
  std::string due(const std::string& task) {
    return std::string(world.read("Task", task).root()["restriction"]["period"]["end"].value()).substr(0, 16);
  }
  void agree(std::string_view extensions) {
    world.update(R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/)" + kari +
                     R"("},"period":{"start":"2026-10-01"},"extension":[)" + std::string(extensions) + "]}",
                 episode);
  }
  static std::string duration(std::string_view url, std::string_view minutes) {
    return R"({"url":")" + std::string(url) + R"(","valueDuration":{"value":)" + std::string(minutes) +
           R"(,"system":"http://unitsofmeasure.org","code":"min"}})";
  }
  static std::string step(std::string_view who, std::string_view minutes, std::string_view extra = "") {
    return R"({"url":"https://varde.example/fhir/StructureDefinition/alert-chain","extension":[{"url":"who","valueReference":{"reference":")" +
           std::string(who) + R"("}},)" + duration("after", minutes) + std::string(extra) + "]}";
  }
  /// "owner priority steps", of the Task.
  std::string told(const std::string& id) {
    const auto tree = world.read("Task", id);
    const auto task = tree.root();
    return std::string(task["owner"]["reference"].value()) + " " + std::string(task["priority"].value()) + " " +
           std::string(task.extension("https://varde.example/fhir/StructureDefinition/escalation-step")["valueInteger"]
                           .value());
  }
  template <class Doing>
  Result<void> nurse_does(const std::string& task, Doing doing) {
    return world.repository().write([&](interaction::Act& act) -> Result<void> {
      return doing(followup::Step{act, task, by.root()["owner"]});
    });
  }
  std::vector<std::string> listed(storage::worklist::Filter filter = {}) {
    filter.least_urgent = 7;
    return world.repository().read([&](const interaction::View& view) {
      std::vector<std::string> ids;
      for (const auto& entry : storage::worklist::page(view, filter, {}, 100)) ids.push_back(entry.id);
      return ids;
    });
  }
  clock::Clock clock{world.repository(), [](std::string_view line) { ADD_FAILURE() << line; }};
  std::string nurse;
  fhir::Tree by = fhir::Tree::of("Task");
};

// The world begins on Sunday 2026-11-22 at 09:00 in Oslo.
TEST_F(Work, of_red_is_due_by_the_clock_and_of_yellow_by_the_shift) {
  spo2("80");
  EXPECT_EQ(due(newest_task()), "2026-11-22T08:30");
  measure({.value = "88", .time = "2026-11-22T07:31:00Z"});
  EXPECT_EQ(due(newest_task()), "2026-11-23T14:30") << "the shift of Monday";
}
TEST_F(Work, of_an_agreed_time_is_due_then) {
  agree(
      R"({"url":"https://varde.example/fhir/StructureDefinition/response-time","extension":[{"url":"colour","valueCode":"yellow"},)" +
      duration("within", "90") + "]}");
  spo2("88");
  EXPECT_EQ(due(newest_task()), "2026-11-23T08:30") << "an hour and a half after Monday's opening";
}
TEST_F(Work, that_becomes_worse_is_due_earlier_and_never_later) {
  const auto reading = spo2("88");
  const auto task = newest_task();
  ASSERT_EQ(due(task), "2026-11-23T14:30");
  world.update(observation(kari, {.value = "80", .status = "corrected"}), reading);
  EXPECT_EQ(due(task), "2026-11-22T08:30");
  world.update(observation(kari, {.value = "88", .status = "corrected"}), reading);
  EXPECT_EQ(due(task), "2026-11-22T08:30");
}
TEST_F(Work, keeps_the_time_that_somebody_has_said) {
  const auto id = world.create(
      R"({"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"https://varde.example/fhir/CodeSystem/task-code","code":"technical"}]},"restriction":{"period":{"end":"2027-01-01T10:00:00Z"}}})");
  EXPECT_EQ(due(id), "2027-01-01T10:00");
  EXPECT_THAT(listed(), ElementsAre(id));
}
TEST_F(Work, of_somebody_elses_kind_is_not_touched) {
  const auto id = world.create(
      R"({"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"urn:other","code":"alert"}]}})");
  EXPECT_EQ(due(id), "");
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(Work, that_nobody_takes_is_told_on_by_the_chain_and_then_to_all) {
  agree(step("CareTeam/watch", "60") + "," + step("CareTeam/night", "15"));
  spo2("80");
  const auto task = newest_task();
  EXPECT_EQ(told(task), " asap ");
  pass(15min);
  EXPECT_EQ(told(task), "CareTeam/night asap 1");
  pass(30min);
  EXPECT_EQ(told(task), "CareTeam/night asap 1") << "not again before its time";
  pass(15min);
  EXPECT_EQ(told(task), "CareTeam/watch asap 2");
  pass(15min);
  EXPECT_EQ(told(task), "CareTeam/watch stat 3") << "the time to see to it is over";
  const auto notes = world.read("Task", task);
  EXPECT_EQ(notes.root()["note"]["text"].value(),
            "Ingen har tatt oppgaven. Varslet videre til CareTeam/night (trinn 1).");
  pass(24h);
  EXPECT_EQ(told(task), "CareTeam/watch stat 3") << "and that is told once";
  EXPECT_THAT(tasks("alert"), ElementsAre("requested/stat"));
}
TEST_F(Work, is_told_on_past_whom_nobody_here_knows) {
  agree(step("CareTeam/nobody", "15") + "," + step("Patient/" + kari, "30") + "," + step("CareTeam/watch", "45"));
  spo2("80");
  const auto task = newest_task();
  pass(15min);
  EXPECT_EQ(told(task), "CareTeam/watch asap 3") << "a red alert in nobody's hands is silent";
  pass(15min);
  EXPECT_EQ(told(task), "CareTeam/watch stat 4") << "the time to see to it is over";
}

TEST_F(Work, a_chain_may_be_of_one_colour) {
  agree(step("CareTeam/night", "15", R"(,{"url":"colour","valueCode":"red"})"));
  spo2("88");
  const auto task = newest_task();
  pass(24h);
  EXPECT_EQ(told(task), " urgent ");
  pass(8h);
  EXPECT_EQ(told(task), " urgent 1") << "at the end of Monday's shift";
}
TEST_F(Work, that_somebody_takes_is_not_told_on) {
  agree(step("CareTeam/night", "15"));
  spo2("80");
  const auto task = newest_task();
  ASSERT_TRUE(nurse_does(task, take));
  pass(2h);
  EXPECT_EQ(told(task), "Practitioner/anne asap ");
}
TEST_F(Work, that_was_told_on_is_still_nobodys_and_follows_its_reading) {
  agree(step("CareTeam/night", "15"));
  const auto reading = spo2("88");
  pass(24h + 15min);
  ASSERT_EQ(told(newest_task()), "CareTeam/night urgent 1");
  world.update(observation(kari, {.value = "95", .status = "corrected"}), reading);
  EXPECT_THAT(tasks("alert"), ElementsAre("cancelled/urgent"));
}

TEST_F(Work, that_was_put_off_is_told_again) {
  spo2("88");
  const auto task = newest_task();
  const auto until = world.now() + 3h;
  ASSERT_TRUE(nurse_does(task, [&](const followup::Step& step) { return snooze(step, until, "Ringer etter lunsj."); }));
  EXPECT_EQ(world.read("Task", task).root()["status"].value(), "on-hold");
  pass(2h + 45min);
  EXPECT_EQ(world.read("Task", task).root()["status"].value(), "on-hold");
  pass(30min);
  const auto woken = world.read("Task", task);
  EXPECT_EQ(woken.root()["status"].value(), "in-progress");
  EXPECT_FALSE(woken.root().extension("https://varde.example/fhir/StructureDefinition/snoozed-until"));
  EXPECT_THAT(std::string(woken.root().at("note", 1)["text"].value()), HasSubstr("varsles på nytt"));
}
TEST_F(Work, that_was_put_off_does_not_hide_what_is_worse) {
  spo2("88");
  ASSERT_TRUE(
      nurse_does(newest_task(), [&](const followup::Step& step) { return snooze(step, world.now() + 3h, ""); }));
  measure({.value = "80", .time = "2026-11-22T07:40:00Z"});
  EXPECT_THAT(tasks("alert"), ElementsAre("on-hold/urgent", "requested/asap"));
  EXPECT_EQ(listed({.nobodys = true}).size(), 1u);
}
TEST_F(Work, that_was_put_off_and_is_closed_stays_closed) {
  spo2("88");
  const auto task = newest_task();
  ASSERT_TRUE(nurse_does(task, [&](const followup::Step& step) { return snooze(step, world.now() + 3h, ""); }));
  ASSERT_TRUE(nurse_does(task, [](const followup::Step& step) { return close(step, {"no-action", "", ""}); }));
  pass(4h);
  EXPECT_THAT(tasks("alert"), ElementsAre("completed/urgent"));
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(Work, moves_with_the_patient_to_another_district) {
  spo2("80");
  EXPECT_EQ(listed({.district = "Organization/west"}).size(), 0u);
  auto tree = world.read("EpisodeOfCare", episode);
  tree.edit().add("managingOrganization").set("reference", "Organization/west");
  world.update(fhir::to_json(tree.root()), episode);
  EXPECT_EQ(listed({.district = "Organization/west"}).size(), 1u);
}
TEST_F(Work, of_a_situation_is_led_by_the_most_urgent_that_is_open) {
  spo2("88");
  const auto yellow = newest_task();
  const auto red_reading = measure({.value = "80", .time = "2026-11-22T07:40:00Z"});
  const auto red = newest_task();
  EXPECT_THAT(listed(), ElementsAre(red));
  EXPECT_THAT(listed({.all_of_a_group = true}), ElementsAre(red, yellow));
  world.update(observation(kari, {.value = "95", .status = "corrected", .time = "2026-11-22T07:40:00Z"}), red_reading);
  EXPECT_THAT(listed(), ElementsAre(yellow)) << "what led it was withdrawn";
}
TEST_F(Work, of_a_replaced_patient_is_the_survivors) {
  spo2("80");
  const auto task = newest_task();
  const auto ola = world.create(patient());
  world.update(
      R"({"resourceType":"Patient","link":[{"other":{"reference":"Patient/)" + ola + R"("},"type":"replaced-by"}]})",
      kari);
  const auto key = world.repository().read([&](const interaction::View& view) { return view.patient_key(ola); });
  EXPECT_THAT(listed({.patient = key}), ElementsAre(task));
}
TEST_F(Work, that_was_written_before_there_was_a_list_is_listed) {
  spo2("80");
  const auto task = newest_task();
  world.act([&](interaction::Act& act) -> Result<void> {
    storage::worklist::remove(act, act.current(fhir::find_resource_type("Task"), task)->key);
    storage::due::put(act, {storage::DueKind::worklist, storage::PatientKey::none, "", Instant{}});
    return {};
  });
  ASSERT_THAT(listed(), IsEmpty());
  clock.do_what_is_due();
  EXPECT_THAT(listed(), ElementsAre(task));
}

TEST_F(Work, of_a_green_reading_is_told_where_it_is_agreed) {
  spo2("95");
  EXPECT_THAT(tasks("green-measurement"), IsEmpty());
  agree(R"({"url":"https://varde.example/fhir/StructureDefinition/tell-green","valueBoolean":true})");
  measure({.value = "96", .time = "2026-11-22T07:40:00Z"});
  measure({.value = "97", .time = "2026-11-22T07:50:00Z"});
  EXPECT_THAT(tasks("green-measurement"), ElementsAre("requested/routine"));
  EXPECT_EQ(world.read("Task", newest_task()).root()["description"].value(), "SpO2 96 %: grønn");
  agree(R"({"url":"https://varde.example/fhir/StructureDefinition/tell-green","valueBoolean":false})");
  ASSERT_TRUE(nurse_does(newest_task(), [](const followup::Step& step) { return close(step, {"no-action", "", ""}); }));
  measure({.value = "96", .time = "2026-11-22T07:55:00Z"});
  EXPECT_THAT(tasks("green-measurement"), ElementsAre("completed/routine"));
}

TEST_F(Work, a_message_that_is_withdrawn_is_no_work) {
  const auto message = [&](std::string_view status) {
    return R"({"resourceType":"Communication","status":")" + std::string(status) +
           R"(","sender":{"reference":"Patient/)" + kari + R"("},"payload":[{"contentString":"Hei"}]})";
  };
  const auto id = world.create(message("completed"));
  EXPECT_THAT(tasks("message"), ElementsAre("requested/urgent"));
  world.update(message("completed"), id);
  EXPECT_THAT(tasks("message"), ElementsAre("requested/urgent")) << "told once";
  world.create(message("completed"));
  EXPECT_EQ(listed().size(), 1u) << "two messages that nobody has read are one line";
  world.update(message("entered-in-error"), id);
  EXPECT_THAT(tasks("message"), ElementsAre("cancelled/urgent", "requested/urgent"));
}
TEST_F(Work, an_answer_by_another_leaves_the_task_to_its_owner) {
  const auto id =
      world.create(R"({"resourceType":"Communication","status":"completed","sender":{"reference":"Patient/)" + kari +
                   R"("},"payload":[{"contentString":"Hei"}]})");
  const auto task = newest_task();
  ASSERT_TRUE(nurse_does(task, take));
  world.create(R"({"resourceType":"Communication","status":"completed","inResponseTo":[{"reference":"Communication/)" +
               id + R"("}],"sender":{"reference":"Practitioner/berit"},"payload":[{"contentString":"Hei"}]})");
  const auto tree = world.read("Task", task);
  EXPECT_EQ(tree.root()["status"].value(), "in-progress");
  EXPECT_EQ(tree.root()["note"]["text"].value(), "Meldingen er besvart av en annen");
}

}  // namespace
}  // namespace varde::followup::test
