/// Issue section 3: Task and DetectedIssue in the same database transaction; a pause raises nothing; corrections.
#include <algorithm>
#include <set>
#include <thread>

#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

class Alert : public FollowUpTest {
 protected:
  fhir::Tree only_task() {
    auto found = world.all("Task");
    EXPECT_EQ(found.size(), 1u);
    return std::move(found.at(0));
  }
  void take(const fhir::Tree& task) {
    auto taken = fhir::Tree::copy_of(task.root());
    taken.edit().set("status", "in-progress");
    taken.edit().add("owner").set("display", "Sykepleier");
    world.update(fhir::to_json(taken.root()), std::string(task.root()["id"].value()));
  }
};

TEST_F(Alert, of_a_red_value_is_a_task_as_soon_as_possible_and_a_detected_issue) {
  const auto id = spo2("82");
  const auto tree = only_task();
  const auto task = tree.root();
  EXPECT_EQ(task["status"].value(), "requested");
  EXPECT_EQ(task["priority"].value(), "asap");
  EXPECT_EQ(task["code"]["coding"]["system"].value(), "https://varde.example/fhir/CodeSystem/task-code");
  EXPECT_EQ(task["code"]["coding"]["code"].value(), "alert");
  EXPECT_EQ(task["for"]["reference"].value(), "Patient/" + kari);
  EXPECT_EQ(task["focus"]["reference"].value(), "Observation/" + id);
  EXPECT_EQ(task["description"].value(), "SpO2 82 % er under rød grense 85 %");

  const auto issues = world.all("DetectedIssue");
  ASSERT_EQ(issues.size(), 1u);
  const auto issue = issues.front().root();
  EXPECT_EQ(task["reasonReference"]["reference"].value(), "DetectedIssue/" + std::string(issue["id"].value()));
  EXPECT_EQ(issue["severity"].value(), "high");
  EXPECT_EQ(issue["code"]["coding"]["code"].value(), "5.2.1");
  EXPECT_EQ(issue["implicated"]["reference"].value(), "Observation/" + id);
}

TEST_F(Alert, records_what_it_was_made_from) {
  const auto id = spo2("82");
  const auto tree = only_task();
  std::vector<std::string> inputs;
  for (const auto input : tree.root().each("input")) {
    const auto value = input.choice("value");
    inputs.push_back(std::string(input["type"]["coding"]["code"].value()) + "=" +
                     std::string(value.has_value() ? value.value() : value["reference"].value()));
  }
  EXPECT_EQ(inputs, (Words{"rule-version=limit/1", "measurement=Observation/" + id + "/_history/1",
                           "limits=SpO2: rød: under 85 %; gul: fra 85 til under 90 %; grønn: 90 % eller mer",
                           "plan=ServiceRequest/" + spo2_plan + "/_history/1", "occurrence=1"}));
}

TEST_F(Alert, of_a_yellow_value_is_urgent_and_of_a_green_one_nothing) {
  spo2("88");
  spo2("95");
  EXPECT_EQ(tasks("alert"), (Words{"requested/urgent"}));
  EXPECT_EQ(world.all("DetectedIssue").front().root()["severity"].value(), "moderate");
  EXPECT_TRUE(world.red_alerts.empty());
}

TEST_F(Alert, is_undone_with_the_observation_when_the_transaction_fails) {
  world.refuse_red_alert = true;
  EXPECT_FALSE(world.try_create(observation(kari, {})));
  EXPECT_TRUE(world.all("Observation").empty());
  EXPECT_TRUE(world.all("Task").empty());
  EXPECT_TRUE(world.all("DetectedIssue").empty());
  EXPECT_TRUE(world.measurements(kari, "http://loinc.org|2708-6").empty());
}

TEST_F(Alert, readings_of_one_measure_share_a_group_which_is_news_when_it_turns_red_or_worse) {
  spo2("80"), spo2("81"), spo2("88"), spo2("79");
  EXPECT_EQ(tasks("alert").size(), 4u);
  std::set<std::string> groups;
  for (const auto& tree : world.all("Task"))
    groups.insert(std::string(tree.root()["groupIdentifier"]["value"].value()));
  EXPECT_EQ(groups.size(), 1u);
  ASSERT_EQ(world.red_alerts.size(), 3u);
  EXPECT_EQ(world.red_alerts.front().patient_id, kari);
  EXPECT_TRUE(world.red_alerts[0].is_news);
  EXPECT_FALSE(world.red_alerts[1].is_news);
  EXPECT_TRUE(world.red_alerts[2].is_news);
}

TEST_F(Alert, that_turns_from_yellow_to_red_tells_the_doctor) {
  spo2("88");
  EXPECT_TRUE(world.red_alerts.empty());
  spo2("82");
  EXPECT_EQ(world.red_alerts.size(), 1u);
}

TEST_F(Alert, after_somebody_took_the_first_begins_a_group_of_its_own) {
  spo2("82");
  take(only_task());
  spo2("81");
  const auto found = world.all("Task");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(found[0].root()["groupIdentifier"]["value"].value(), found[1].root()["groupIdentifier"]["value"].value());
  EXPECT_EQ(world.red_alerts.size(), 2u);
}

TEST_F(Alert, names_every_component_beyond_its_limits) {
  world.create(plan(kari, "85354-9",
                    {limit("green", "", "150", "mm[Hg]", "8480-6"), limit("red", "150", "", "mm[Hg]", "8480-6"),
                     limit("green", "", "95", "mm[Hg]", "8462-4"), limit("yellow", "95", "", "mm[Hg]", "8462-4")}));
  world.create(
      R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
    "subject":{"reference":"Patient/)" +
      kari + R"("},"effectiveDateTime":"2026-11-22T07:00:00Z","component":[
    {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":185,"code":"mm[Hg]"}},
    {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":95,"code":"mm[Hg]"}}]})");
  EXPECT_EQ(only_task().root()["description"].value(),
            "Systolisk blodtrykk 185 mmHg er over rød grense 150 mmHg, diastolisk blodtrykk 95 mmHg er på gul grense "
            "95 mmHg");
}

TEST_F(Alert, is_never_raised_by_test_data) {
  const auto id = measure(
      {.extra =
           R"("meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}]},)"});
  EXPECT_EQ(level(id), "red");
  EXPECT_TRUE(world.all("Task").empty());
}

TEST_F(Alert, is_not_raised_for_a_patient_who_is_not_enrolled) {
  const auto ola = world.create(patient());
  const auto id = world.create(observation(ola, {}));
  EXPECT_EQ(level(id), "grey");
  EXPECT_EQ(world.measurements(ola, "http://loinc.org|2708-6").size(), 1u);
  EXPECT_TRUE(world.all("Task").empty());
}

TEST_F(Alert, waits_for_the_enrolment_even_when_limits_are_set) {
  const auto ola = world.create(patient());
  world.create(plan(ola, "2708-6", kSpO2Limits));
  EXPECT_EQ(level(world.create(observation(ola, {}))), "red");
  EXPECT_TRUE(world.all("Task").empty());
  world.create(enrolment(ola, "planned"));
  world.create(observation(ola, {}));
  EXPECT_TRUE(world.all("Task").empty());
}

TEST_F(Alert, says_when_a_reading_came_late) {
  measure({.time = "2026-11-19T07:30:00Z"});
  EXPECT_EQ(only_task().root()["description"].value(),
            "SpO2 82 % er under rød grense 85 % (målt 19.11. kl. 08.30, mottatt senere)");
}

// --- grey and technical ----------------------------------------------------------------------------------------------

TEST_F(Alert, without_limits_asks_once_for_limits_and_is_done_when_they_are_set) {
  measure({.loinc = "8867-4", .value = "70", .unit = "/min"});
  measure({.loinc = "8867-4", .value = "71", .unit = "/min"});
  EXPECT_EQ(tasks("set-limits"), (Words{"requested/routine"}));
  EXPECT_EQ(only_task().root()["description"].value(), "Sett grenser for puls");
  world.create(plan(kari, "8867-4", {limit("green", "50", "100", "/min")}));
  EXPECT_EQ(tasks("set-limits"), (Words{"completed/routine"}));
}

TEST_F(Alert, of_a_value_whose_unit_cannot_be_used_is_technical) {
  const auto id = measure({.unit = "kg"});
  EXPECT_EQ(level(id), "grey");
  measure({.unit = "kg"});
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_TRUE(world.measurements(kari, "http://loinc.org|2708-6").empty());
}

// --- pause -----------------------------------------------------------------------------------------------------------

TEST_F(Alert, is_not_raised_during_a_pause_and_is_again_after_it) {
  spo2("82");
  world.act([&](auto& act) { return pause(act, kari, "innlagt"); });
  const auto paused = spo2("81");
  EXPECT_EQ(level(paused), "red") << "the value is stored and coloured";
  EXPECT_EQ(tasks("alert").size(), 1u);
  EXPECT_EQ(world.read("EpisodeOfCare", episode).root()["status"].value(), "onhold");
  world.act([&](auto& act) { return resume(act, kari); });
  EXPECT_EQ(tasks("alert").size(), 2u) << "of what came in the pause";
  spo2("80");
  EXPECT_EQ(tasks("alert").size(), 3u);
  EXPECT_EQ(world.red_alerts.size(), 3u);
  EXPECT_TRUE(world.red_alerts[1].is_news) << "what was open before the pause is another story";
}

TEST_F(Alert, is_silenced_by_a_plain_update_of_the_episode) {
  world.update(enrolment(kari, "onhold"), episode);
  spo2("82");
  EXPECT_TRUE(world.all("Task").empty());
  world.repository().read([&](const interaction::View& view) { EXPECT_TRUE(is_paused(view, view.patient_key(kari))); });
  world.update(enrolment(kari, "active"), episode);
  EXPECT_EQ(tasks("alert").size(), 1u) << "of what came in the pause";
  spo2("82");
  EXPECT_EQ(tasks("alert").size(), 2u);
}

TEST_F(Alert, ends_with_the_enrolment) {
  world.act([&](auto& act) { return end(act, kari, "død"); });
  EXPECT_EQ(world.read("EpisodeOfCare", episode).root()["status"].value(), "finished");
  EXPECT_EQ(level(spo2("82")), "grey") << "and its limits with it";
  EXPECT_TRUE(world.all("Task").empty());
}

TEST_F(Alert, pausing_twice_or_a_patient_without_enrolment_changes_nothing) {
  const auto ola = world.create(patient());
  for (int i = 0; i < 2; ++i)
    for (const auto& id : {kari, ola}) world.act([&](auto& act) { return pause(act, id, "innlagt"); });
  EXPECT_EQ(world.read("EpisodeOfCare", episode).root()["meta"]["versionId"].value(), "2");
  const auto tree = world.read("EpisodeOfCare", episode);
  EXPECT_EQ(tree.root()["statusHistory"]["status"].value(), "active");
}

// --- corrections -----------------------------------------------------------------------------------------------------

TEST_F(Alert, is_withdrawn_when_the_untouched_reading_was_an_error) {
  const auto id = spo2("82");
  world.update(observation(kari, {.status = "entered-in-error"}), id);
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/asap"}));
  EXPECT_EQ(level(id), "none");
  EXPECT_TRUE(world.measurements(kari, "http://loinc.org|2708-6").empty());
  EXPECT_EQ(world.all("DetectedIssue").at(0).root()["status"].value(), "entered-in-error");
}

TEST_F(Alert, replaces_the_finding_of_a_reading_that_was_corrected) {
  const auto untouched = spo2("82");
  world.update(observation(kari, {.value = "80", .status = "corrected"}), untouched);
  take(only_task());
  world.update(observation(kari, {.value = "83", .status = "corrected"}), untouched);
  const auto issues = world.all("DetectedIssue");
  ASSERT_EQ(issues.size(), 3u);
  EXPECT_EQ(issues[0].root()["status"].value(), "entered-in-error");
  EXPECT_EQ(issues[1].root()["status"].value(), "entered-in-error");
  EXPECT_EQ(issues[2].root()["status"].value(), "final");
  EXPECT_EQ(only_task().root()["reasonReference"]["reference"].value(),
            "DetectedIssue/" + std::string(issues[2].root()["id"].value()));
}

TEST_F(Alert, that_a_nurse_owns_gets_a_note_and_is_never_closed_silently) {
  const auto id = spo2("82");
  take(only_task());
  world.update(observation(kari, {.status = "entered-in-error"}), id);
  const auto task = only_task();
  EXPECT_EQ(task.root()["status"].value(), "in-progress");
  EXPECT_EQ(task.root()["note"]["text"].value(), "Målingen er trukket tilbake");
}

TEST_F(Alert, is_withdrawn_when_the_correction_is_green_and_when_the_observation_is_deleted) {
  const auto corrected = spo2("82");
  world.update(observation(kari, {.value = "92", .status = "corrected"}), corrected);
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/asap"}));
  const auto deleted = spo2("81");
  world.remove("Observation", deleted);
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/asap", "cancelled/asap"}));
  EXPECT_EQ(world.measurements(kari, "http://loinc.org|2708-6").size(), 1u);
}

TEST_F(Alert, is_rewritten_while_untouched_when_a_correction_makes_it_worse) {
  const auto id = spo2("88");
  world.update(observation(kari, {.value = "80", .status = "corrected"}), id);
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
  EXPECT_EQ(only_task().root()["description"].value(), "SpO2 80 % er under rød grense 85 %");
  EXPECT_EQ(world.red_alerts.size(), 1u);
}

TEST_F(Alert, that_was_taken_is_followed_by_a_new_one_only_when_the_correction_is_worse) {
  const auto id = spo2("88");
  take(only_task());
  world.update(observation(kari, {.value = "87", .status = "corrected"}), id);
  EXPECT_EQ(tasks("alert"), (Words{"in-progress/urgent"}));
  world.update(observation(kari, {.value = "80", .status = "corrected"}), id);
  EXPECT_EQ(tasks("alert"), (Words{"in-progress/urgent", "requested/asap"}));
}

TEST_F(Alert, that_was_closed_is_followed_by_a_new_one_when_the_correction_is_further_out) {
  const auto id = spo2("82");
  auto closed = fhir::Tree::copy_of(only_task().root());
  closed.edit().set("status", "completed");
  world.update(fhir::to_json(closed.root()), std::string(closed.root()["id"].value()));
  world.update(observation(kari, {.value = "83", .status = "corrected"}), id);
  EXPECT_EQ(tasks("alert"), (Words{"completed/asap"}));
  world.update(observation(kari, {.value = "70", .status = "corrected"}), id);
  EXPECT_EQ(tasks("alert"), (Words{"completed/asap", "requested/asap"})) << "nobody reads a note on what is closed";
}

TEST_F(Alert, is_raised_exactly_once_per_reading_whatever_number_of_senders) {
  constexpr int kSenders = 4, kReadings = 25;
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender)
    senders.emplace_back([&] {
      for (int i = 0; i < kReadings; ++i) world.create(observation(kari, {.value = i % 2 ? "82" : "95"}));
    });
  for (auto& sender : senders) sender.join();
  EXPECT_EQ(world.all("Observation").size(), kSenders * kReadings);
  EXPECT_EQ(tasks("alert").size(), kSenders * (kReadings / 2));
  EXPECT_EQ(world.all("DetectedIssue").size(), kSenders * (kReadings / 2));
  EXPECT_EQ(std::count_if(world.red_alerts.begin(), world.red_alerts.end(), [](const auto& a) { return a.is_news; }),
            1);
}

}  // namespace
}  // namespace varde::followup::test
