/// Issue "Follow-up", rules: correlation. Measures of one patient that turn worse together are one open Task that names
/// each finding; none of them is hidden in it, and a worse one never waits behind a better.
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <map>
#include <set>

#include "server/followup/situation.h"
#include "server/followup/task.h"
#include "server/followup/words.h"
#include "server/storage/worklist.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kPulseLimits{limit("red", "130", "", "/min"), limit("yellow", "110", "130", "/min"),
                                            limit("green", "", "110", "/min")};
const std::vector<std::string> kTemperatureLimits{limit("red", "39", "", "Cel"), limit("yellow", "38", "39", "Cel"),
                                                  limit("green", "", "38", "Cel")};

class Situation : public FollowUpTest {
 protected:
  void SetUp() override {
    FollowUpTest::SetUp();
    world.create(plan(kari, "8867-4", kPulseLimits));
    world.create(plan(kari, "8310-5", kTemperatureLimits));
  }
  std::string pulse(std::string_view value, std::string_view time = "2026-11-22T07:31:00Z") {
    return measure({.loinc = "8867-4", .value = std::string(value), .unit = "/min", .time = std::string(time)});
  }
  std::string temperature(std::string_view value) {
    return measure({.loinc = "8310-5", .value = std::string(value), .unit = "Cel", .time = "2026-11-22T07:32:00Z"});
  }
  std::string oxygen(std::string_view value, std::string_view time = "2026-11-22T07:30:00Z") {
    return measure({.value = std::string(value), .time = std::string(time)});
  }
  std::vector<fhir::Tree> alerts() {
    std::vector<fhir::Tree> found;
    for (auto& tree : world.all("Task"))
      if (tree.root()["code"]["coding"]["code"].value() == "alert") found.push_back(std::move(tree));
    return found;
  }
  std::string description(std::size_t which) { return std::string(alerts().at(which).root()["description"].value()); }
  std::vector<std::string> about(const fhir::Tree& task) {
    return world.repository().read([&](const interaction::View& view) {
      std::vector<std::string> ids;
      for (const auto& finding : findings_of(view, task.root())) ids.push_back(finding.observation);
      return ids;
    });
  }
  void take(const fhir::Tree& task) {
    auto taken = fhir::Tree::copy_of(task.root());
    taken.edit().set("status", "in-progress");
    taken.edit().remove("owner");
    taken.edit().add("owner").set("display", "Sykepleier");
    world.update(fhir::to_json(taken.root()), std::string(task.root()["id"].value()));
  }
};

TEST_F(Situation, of_three_measures_is_one_task_that_names_each_and_is_as_urgent_as_the_worst) {
  const auto first = pulse("120"), second = oxygen("82"), third = temperature("38.4");
  ASSERT_EQ(tasks("alert"), (Words{"requested/asap"}));
  const auto tree = std::move(alerts().at(0));
  const auto task = tree.root();
  EXPECT_EQ(task["description"].value(),
            "SpO2 82 % er under rød grense 85 %; Puls 120 /min er over gul grense 110 /min; Temperatur 38,4 °C er over "
            "gul grense 38 °C");
  EXPECT_EQ(task["focus"]["reference"].value(), "Observation/" + second);
  EXPECT_THAT(about(tree), ElementsAre(second, first, third));
  EXPECT_EQ(task.count("note"), 2u) << "who looked at it before sees what is new";
  EXPECT_EQ(world.all("DetectedIssue").size(), 3u) << "the hub has each finding";
  EXPECT_EQ(world.red_alerts.size(), 1u) << "and the doctor one letter";
}

TEST_F(Situation, stays_red_when_something_yellow_comes_to_it) {
  oxygen("82"), pulse("120");
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
  EXPECT_THAT(description(0), testing::StartsWith("SpO2 82 %"));
}

TEST_F(Situation, a_second_reading_of_a_measure_has_its_own_task_and_takes_what_is_less_urgent_with_it) {
  const auto yellow = oxygen("88"), beside = pulse("120"), red = oxygen("82", "2026-11-22T07:35:00Z");
  ASSERT_EQ(tasks("alert"), (Words{"requested/urgent", "requested/asap"}));
  EXPECT_THAT(about(alerts().at(0)), ElementsAre(yellow));
  EXPECT_THAT(about(alerts().at(1)), ElementsAre(red, beside));
  EXPECT_EQ(alerts().at(0).root()["groupIdentifier"]["value"].value(),
            alerts().at(1).root()["groupIdentifier"]["value"].value());
  // What was moved follows its correction where it is.
  world.remove("Observation", beside);
  EXPECT_THAT(about(alerts().at(1)), ElementsAre(red));
  EXPECT_EQ(description(1), "SpO2 82 % er under rød grense 85 %");
}

TEST_F(Situation, what_is_red_stays_with_its_own_time) {
  oxygen("88");
  const auto beside = pulse("140");
  const auto due = std::string(alerts().at(0).root()["restriction"]["period"]["end"].value());
  world.pass(std::chrono::minutes{20});
  oxygen("82", "2026-11-22T07:35:00Z");
  ASSERT_EQ(tasks("alert"), (Words{"requested/asap", "requested/asap"}));
  EXPECT_THAT(about(alerts().at(0)), testing::Contains(beside));
  EXPECT_EQ(alerts().at(0).root()["restriction"]["period"]["end"].value(), due);
}

TEST_F(Situation, what_was_measured_at_another_time_is_another) {
  oxygen("88"), pulse("120", "2026-11-22T02:00:00Z");
  EXPECT_EQ(tasks("alert"), (Words{"requested/urgent", "requested/urgent"}));
}

TEST_F(Situation, that_somebody_has_taken_is_not_added_to) {
  oxygen("88");
  take(alerts().at(0));
  pulse("140");
  EXPECT_EQ(tasks("alert"), (Words{"in-progress/urgent", "requested/asap"}));
}

TEST_F(Situation, before_a_pause_is_not_added_to_after_it) {
  oxygen("88");
  world.act([&](auto& act) { return pause(act, kari, "innlagt"); });
  world.act([&](auto& act) { return resume(act, kari); });
  pulse("120");
  EXPECT_EQ(tasks("alert").size(), 2u);
}

TEST_F(Situation, loses_one_finding_when_its_reading_was_wrong_and_ends_with_the_last) {
  const auto wrong = oxygen("82"), right = pulse("120");
  world.update(observation(kari, {.status = "entered-in-error"}), wrong);
  ASSERT_EQ(tasks("alert"), (Words{"requested/urgent"}));
  EXPECT_EQ(description(0), "Puls 120 /min er over gul grense 110 /min");
  EXPECT_EQ(alerts().at(0).root()["focus"]["reference"].value(), "Observation/" + right);
  EXPECT_THAT(fhir::to_json(alerts().at(0).root()),
              HasSubstr("SpO2 82 % er under rød grense 85 %: Målingen er trukket tilbake"));
  std::vector<std::string> issues;
  for (const auto& issue : world.all("DetectedIssue")) issues.emplace_back(issue.root()["status"].value());
  EXPECT_THAT(issues, ElementsAre("entered-in-error", "final"));
  world.remove("Observation", right);
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/urgent"}));
}

TEST_F(Situation, says_what_a_corrected_reading_says_and_leaves_the_other_as_it_is) {
  const auto low = oxygen("88");
  pulse("120");
  world.update(observation(kari, {.value = "80", .status = "corrected"}), low);
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
  EXPECT_EQ(description(0), "SpO2 80 % er under rød grense 85 %; Puls 120 /min er over gul grense 110 /min");
  EXPECT_EQ(world.red_alerts.size(), 1u);
}

TEST_F(Situation, that_is_owned_gets_a_note_that_says_which_reading_was_wrong) {
  const auto wrong = oxygen("82");
  pulse("120");
  take(alerts().at(0));
  world.update(observation(kari, {.status = "entered-in-error"}), wrong);
  EXPECT_EQ(tasks("alert"), (Words{"in-progress/asap"}));
  EXPECT_THAT(fhir::to_json(alerts().at(0).root()), HasSubstr("SpO2 82 % er under rød grense 85 %: Målingen er"));
}

TEST_F(Situation, is_taken_back_in_part_when_a_pause_is_told_of_late) {
  const auto before = oxygen("88", "2026-11-22T05:00:00Z"), in_it = pulse("120");
  ASSERT_EQ(tasks("alert").size(), 1u);
  world.act([&](auto& act) {
    return pause(act, kari, Pause{.reason = "innlagt", .from = parse_instant("2026-11-22T06:00:00Z").value()});
  });
  ASSERT_EQ(tasks("alert"), (Words{"requested/urgent"}));
  EXPECT_THAT(about(alerts().at(0)), ElementsAre(before));
  EXPECT_THAT(description(0), Not(HasSubstr("Puls")));
}

TEST_F(Situation, does_not_get_back_what_a_pause_has_taken_from_it) {
  oxygen("88", "2026-11-22T05:00:00Z");
  const auto in_it = pulse("125");
  world.act([&](auto& act) {
    return pause(act, kari, Pause{.reason = "innlagt", .from = parse_instant("2026-11-22T06:00:00Z").value()});
  });
  world.act([&](auto& act) { return resume(act, kari); });
  world.update(
      observation(
          kari,
          {.loinc = "8867-4", .value = "120", .unit = "/min", .status = "corrected", .time = "2026-11-22T07:31:00Z"}),
      in_it);
  ASSERT_EQ(tasks("alert").size(), 2u) << "what was measured in the pause is told when it ends";
  EXPECT_THAT(description(0), Not(HasSubstr("Puls")));
  EXPECT_THAT(description(1), HasSubstr("Puls 120"));
}

TEST_F(Situation, moves_to_the_line_of_a_measure_that_was_open_before) {
  oxygen("88", "2026-11-20T07:00:00Z"), pulse("120"), oxygen("87");
  const auto found = alerts();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].root()["groupIdentifier"]["value"].value(), found[1].root()["groupIdentifier"]["value"].value());
  EXPECT_THAT(description(1), HasSubstr("SpO2 87 %"));
  const auto lines = world.repository().read([&](const interaction::View& view) {
    storage::worklist::Filter filter;
    filter.least_urgent = INT64_MAX, filter.patient = view.patient_key(kari);
    return storage::worklist::page(view, filter, {}, 100).size();
  });
  EXPECT_EQ(lines, 1u);
}

// --- what holds of any of them ---------------------------------------------------------------------------------------

struct MeasureRow {
  std::string loinc, unit;
  int red, yellow, green;
};
const std::vector<MeasureRow> kMeasures{
    {"2708-6", "%", 80, 87, 95}, {"8867-4", "/min", 140, 120, 70}, {"8310-5", "Cel", 40, 38, 37}};

/// Of readings, corrections, withdrawals and Tasks that are taken, in any order and number.
class AnySituation : public Situation {
 protected:
  struct Known {
    std::size_t measure;
    std::string time;
    bool stands = true;
  };
  std::string someone;
  std::map<std::string, Known> readings;

  void begin() {
    readings.clear();
    someone = world.create(patient());
    world.create(enrolment(someone));
    world.create(plan(someone, "2708-6", kSpO2Limits));
    world.create(plan(someone, "8867-4", kPulseLimits));
    world.create(plan(someone, "8310-5", kTemperatureLimits));
  }
  std::string json(const Known& known, int colour, std::string_view status) {
    const auto& row = kMeasures[known.measure];
    const int value = colour == 2 ? row.red : colour == 1 ? row.yellow : row.green;
    return observation(someone, {.loinc = row.loinc,
                                 .value = std::to_string(value),
                                 .unit = row.unit,
                                 .status = std::string(status),
                                 .time = known.time});
  }
  std::vector<fhir::Tree> own_alerts() {
    auto all = alerts();
    std::erase_if(all,
                  [&](const auto& task) { return task.root()["for"]["reference"].value() != "Patient/" + someone; });
    return all;
  }
  void step() {
    const int what = *rc::gen::inRange(0, 10);
    if (what < 6 || readings.empty()) {
      Known known{*rc::gen::inRange<std::size_t>(0, 3), {}};
      char time[40];
      std::snprintf(time, sizeof time, "2026-11-21T%02d:%02d:%02dZ", *rc::gen::inRange(0, 9), *rc::gen::inRange(0, 60),
                    static_cast<int>(readings.size()));
      known.time = time;
      readings[world.create(json(known, *rc::gen::inRange(0, 3), "final"))] = known;
    } else if (what < 8) {
      auto at = readings.begin();
      std::advance(at, *rc::gen::inRange<long>(0, std::ssize(readings)));
      if (!at->second.stands) return;
      at->second.stands = *rc::gen::arbitrary<bool>();
      world.update(json(at->second, *rc::gen::inRange(0, 3), at->second.stands ? "corrected" : "entered-in-error"),
                   at->first);
    } else {
      const auto all = own_alerts();
      if (all.empty()) return;
      const auto& task = all[*rc::gen::inRange<std::size_t>(0, all.size())];
      if (is_open(task.root())) take(task);
    }
  }
  void check() {
    std::map<std::string, int> times;  // each reading, in how many Tasks that nobody has touched
    for (const auto& tree : own_alerts()) {
      const auto task = tree.root();
      if (!is_untouched(task)) continue;
      bool red = false;
      std::set<std::string> measures;
      for (const auto& id : about(tree)) {
        ++times[id];
        RC_ASSERT(readings.at(id).stands);
        RC_ASSERT(measures.insert(kMeasures[readings.at(id).measure].loinc).second);
        const auto reading = world.read("Observation", id);
        const auto level = level_of(reading.root()).value();
        RC_ASSERT(level >= Zone::yellow);
        red = red || level == Zone::red;
        RC_ASSERT(task["description"].value().find(describe(judgement_of(reading.root()))) != std::string_view::npos);
      }
      RC_ASSERT(task["priority"].value() == (red ? "asap" : "urgent"));
    }
    for (const auto& [id, known] : readings) {
      const auto level = known.stands ? level_of(world.read("Observation", id).root()) : std::nullopt;
      if (!level || *level < Zone::yellow) continue;
      const auto row = world.repository().read([&](const interaction::View& view) {
        return storage::open_alert::get(view, view.patient_key(someone), "Observation/" + id);
      });
      RC_ASSERT(row.has_value());
      const auto task = world.read("Task", row->task_id);
      if (is_untouched(task.root()))
        RC_ASSERT(times[id] == 1);
      else
        RC_ASSERT(times[id] == 0);
    }
  }
};

TEST_F(AnySituation, has_each_alarming_reading_in_one_task_that_names_it_and_is_as_urgent_as_the_worst) {
  const auto holds = rc::check([&] {
    begin();
    const int steps = *rc::gen::inRange(1, 16);
    for (int i = 0; i < steps; ++i) step();
    check();
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace varde::followup::test
