/// Issue "Rules and time": what a plan asks for beside its limits, through the real write path. Each rule is shown with
/// the words that the nurse reads.
#include <gmock/gmock.h>

#include "server/followup/rule_finding.h"
#include "server/followup/window.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string part(std::string_view name, std::string_view value) {
  return R"(,{"url":")" + std::string(name) + "\"," + std::string(value) + "}";
}
std::string zone(std::string_view name, std::string_view code) {
  return part(name, R"("valueCode":")" + std::string(code) + "\"");
}
std::string count(std::string_view name, int number) {
  return part(name, R"("valuePositiveInt":)" + std::to_string(number));
}
std::string within(int number, std::string_view unit = "d") {
  return part("within", R"("valueDuration":{"value":)" + std::to_string(number) +
                            R"(,"system":"http://unitsofmeasure.org","code":")" + std::string(unit) + "\"}");
}
std::string amount(std::string_view name, std::string_view value, std::string_view unit) {
  return part(name, R"("valueQuantity":{"value":)" + std::string(value) +
                        R"(,"system":"http://unitsofmeasure.org","code":")" + std::string(unit) + "\"}");
}
std::string rule_of(std::string_view kind, const std::string& parts) {
  return R"({"url":"https://varde.example/fhir/StructureDefinition/rule","extension":[{"url":"kind","valueCode":")" +
         std::string(kind) + "\"}" + parts + "]}";
}
const std::vector<std::string> kWeightLimits{limit("green", "40", "150", "kg"), limit("red", "150", "", "kg")};

class Rules : public FollowUpTest {
 protected:
  std::string plan_with(std::vector<std::string> limits, const std::string& rule, std::string_view loinc = "2708-6") {
    limits.push_back(rule);
    return plan(kari, loinc, limits);
  }
  void spo2_rule(const std::string& rule) { world.update(plan_with(kSpO2Limits, rule), spo2_plan); }
  void weight_rule(const std::string& rule) { world.create(plan_with(kWeightLimits, rule, "29463-7")); }
  std::string spo2_on(int day, std::string_view value) {
    return measure({.value = std::string(value), .time = time(day)});
  }
  std::string weight_on(int day, std::string_view value) {
    return measure({.loinc = "29463-7", .value = std::string(value), .unit = "kg", .time = time(day)});
  }
  /// Of November; the clock stands at the 22nd.
  static std::string time(int day) {
    return "2026-11-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + "T07:00:00Z";
  }
  std::vector<std::string> found(const std::string& id) {
    std::vector<std::string> words;
    for (const auto& finding : rule_findings_of(world.read("Observation", id).root()))
      words.push_back(finding.rule + " " + std::string(code(finding.zone)) + ": " + finding.text);
    return words;
  }
  std::string refusal(const std::string& json) {
    const auto created = world.try_create(json);
    return created ? "" : created.error().diagnostics + " at " + created.error().expression;
  }
  /// Open alerts, by the reading they are about.
  std::vector<std::string> alerts_about(const std::string& id) {
    std::vector<std::string> words;
    for (const auto& tree : world.all("Task"))
      if (tree.root()["focus"]["reference"].value() == "Observation/" + id)
        words.push_back(std::string(tree.root()["status"].value()) + "/" +
                        std::string(tree.root()["priority"].value()) + " " +
                        std::string(tree.root()["description"].value()));
    return words;
  }
};

const std::string kThreeYellow = rule_of("persistence", zone("zone", "red") + count("times", 3));

TEST_F(Rules, the_third_yellow_of_three_is_red) {
  spo2_rule(kThreeYellow);
  EXPECT_EQ(level(spo2_on(18, "88")), "yellow");
  EXPECT_EQ(level(spo2_on(19, "87")), "yellow");
  const auto third = spo2_on(20, "88");
  EXPECT_EQ(level(third), "red");
  EXPECT_THAT(
      found(third),
      ElementsAre("persistence/1 red: SpO2: 3 av de siste 3 målingene er gule eller røde, siden 18.11. kl. 08.00"));
  EXPECT_THAT(alerts_about(third),
              ElementsAre("requested/asap SpO2 88 % er under gul grense 90 %, rød: SpO2: 3 av de siste 3 målingene er "
                          "gule eller røde, siden 18.11. kl. 08.00 (målt 20.11. kl. 08.00, mottatt senere)"));
}

TEST_F(Rules, a_green_reading_between_begins_the_count_anew_unless_n_of_m_is_asked_for) {
  spo2_rule(kThreeYellow);
  spo2_on(16, "88"), spo2_on(17, "88"), spo2_on(18, "95");
  EXPECT_EQ(level(spo2_on(19, "88")), "yellow");
  spo2_rule(rule_of("persistence", zone("zone", "red") + count("times", 3) + count("among", 4)));
  EXPECT_EQ(level(spo2_on(20, "88")), "red") << "the 18th is green, the other three are not";
  spo2_rule(rule_of("persistence", zone("zone", "red") + count("times", 2) + count("among", 4)));
  EXPECT_EQ(level(spo2_on(21, "95")), "green") << "only a reading outside brings it up";
}

TEST_F(Rules, what_lies_before_the_window_does_not_count) {
  spo2_rule(rule_of("persistence", zone("zone", "red") + count("times", 3) + within(36, "h")));
  spo2_on(19, "88"), spo2_on(20, "88");
  EXPECT_EQ(level(spo2_on(21, "88")), "yellow");
}

TEST_F(Rules, one_kilogram_in_two_weeks_is_told_although_each_value_is_green) {
  weight_rule(rule_of("trend", zone("zone", "yellow") + amount("change", "1000", "g") + within(2, "wk")));
  EXPECT_EQ(level(weight_on(5, "80.1")), "green");
  EXPECT_EQ(level(weight_on(10, "80.6")), "green");
  const auto up = weight_on(18, "81.1");
  EXPECT_EQ(level(up), "yellow") << "1 kg exactly";
  EXPECT_THAT(found(up), ElementsAre("trend/1 yellow: vekt har økt 1 kg på 13 dager (fra 80,1 kg 05.11. kl. 08.00 til "
                                     "81,1 kg)"));
  EXPECT_EQ(level(weight_on(21, "81.4")), "green") << "16 days after the first, 0.8 above the second";
}

TEST_F(Rules, a_falling_saturation_is_told_by_its_slope_and_one_odd_value_is_not) {
  spo2_rule(rule_of("trend", zone("zone", "yellow") + amount("change", "-3", "%") + within(7) + count("points", 4) +
                                 zone("by", "slope")));
  spo2_on(14, "97"), spo2_on(15, "96"), spo2_on(16, "95");
  const auto fourth = spo2_on(17, "94");
  EXPECT_THAT(found(fourth), ElementsAre(HasSubstr("SpO2 har sunket 3 % på 3 dager")));
  world.remove("Observation", fourth);
  spo2_on(17, "97"), spo2_on(18, "97");
  EXPECT_EQ(level(spo2_on(19, "94")), "green") << "the line through six readings falls by less";
}

TEST_F(Rules, too_few_readings_are_no_trend_and_no_baseline) {
  weight_rule(rule_of("trend", zone("zone", "yellow") + amount("change", "1", "kg") + within(14) + count("points", 3)));
  weight_on(10, "80");
  EXPECT_EQ(level(weight_on(11, "85")), "green");
  spo2_rule(rule_of("relative", zone("zone", "yellow") + amount("change", "-4", "%") + within(14)));
  spo2_on(10, "98"), spo2_on(11, "98");
  EXPECT_EQ(level(spo2_on(12, "91")), "green");
}

TEST_F(Rules, a_value_far_from_the_patients_own_usual_is_told_with_the_baseline_and_its_days) {
  spo2_rule(rule_of("relative", zone("zone", "yellow") + amount("change", "-4", "%") + within(14)));
  spo2_on(10, "97"), spo2_on(11, "96"), spo2_on(12, "98");
  EXPECT_EQ(level(spo2_on(13, "94")), "green");
  const auto low = spo2_on(14, "92");
  EXPECT_THAT(found(low),
              ElementsAre("relative/1 yellow: SpO2 er 4,5 % under det vanlige, 96,5 % (median av 4 målinger "
                          "10.11. kl. 08.00 til 13.11. kl. 08.00)"));
}

TEST_F(Rules, a_distance_in_percent_is_of_the_baseline) {
  weight_rule(rule_of("relative", zone("zone", "yellow") + part("percent", R"("valueDecimal":5)") + within(30)));
  weight_on(10, "80"), weight_on(11, "80"), weight_on(12, "80");
  EXPECT_EQ(level(weight_on(13, "83.9")), "green");
  EXPECT_EQ(level(weight_on(14, "84")), "yellow");
}

TEST_F(Rules, a_value_that_wavers_at_the_boundary_stays_yellow_until_it_is_well_inside) {
  spo2_rule(rule_of("hysteresis", amount("back", "2", "%")));
  EXPECT_EQ(level(spo2_on(17, "89")), "yellow");
  const auto wavers = spo2_on(18, "91");
  EXPECT_THAT(found(wavers),
              ElementsAre("hysteresis/1 yellow: SpO2 91 % er ikke tilbake over 92 % etter 89 % 17.11. kl. "
                          "08.00"));
  EXPECT_EQ(level(spo2_on(19, "92")), "green");
  EXPECT_EQ(level(spo2_on(20, "90")), "green");
}

TEST_F(Rules, record_the_readings_that_they_saw) {
  spo2_rule(kThreeYellow);
  const auto first = spo2_on(18, "88"), second = spo2_on(19, "87"), third = spo2_on(20, "88");
  EXPECT_THAT(rule_findings_of(world.read("Observation", third).root()).at(0).seen,
              ElementsAre("Observation/" + first + "/_history/1", "Observation/" + second + "/_history/1"));
  std::vector<std::string> evidence, inputs;
  for (const auto item : world.all("DetectedIssue").back().root().each("evidence"))
    evidence.emplace_back(item["detail"]["reference"].value());
  EXPECT_THAT(evidence,
              ElementsAre("Observation/" + third + "/_history/1", "ServiceRequest/" + spo2_plan + "/_history/2",
                          "Observation/" + first + "/_history/1", "Observation/" + second + "/_history/1"));
  for (const auto input : world.all("Task").back().root().each("input"))
    if (input["type"]["coding"]["code"].value() == "rule-version") inputs.emplace_back(input["valueString"].value());
  EXPECT_THAT(inputs, ElementsAre("limit/1", "persistence/1"));
}

TEST_F(Rules, the_first_yellow_of_two_weeks_is_another_matter_than_a_repeated_one) {
  spo2_on(1, "88"), spo2_on(16, "88"), spo2_on(17, "95"), spo2_on(18, "82");
  std::vector<std::string> occurrences;
  for (const auto& task : world.all("Task"))
    for (const auto input : task.root().each("input"))
      if (input["type"]["coding"]["code"].value() == "occurrence")
        occurrences.emplace_back(input["valuePositiveInt"].value());
  EXPECT_THAT(occurrences, ElementsAre("1", "1", "2")) << "the 1st is 15 days before the 16th";
}

// --- late, corrected, withdrawn --------------------------------------------------------------------------------------

TEST_F(Rules, a_late_reading_has_those_judged_again_that_look_back_on_it_and_no_others) {
  spo2_rule(rule_of("persistence", zone("zone", "red") + count("times", 3) + within(7)));
  const auto before = spo2_on(5, "88");
  spo2_on(17, "88");
  const auto last = spo2_on(19, "88");
  EXPECT_EQ(level(last), "yellow");
  spo2_on(18, "88");
  EXPECT_EQ(level(last), "red");
  EXPECT_THAT(alerts_about(last), ElementsAre(HasSubstr("requested/asap")));
  EXPECT_EQ(world.read("Observation", before).root()["meta"]["versionId"].value(), "1");
}

TEST_F(Rules, a_correction_takes_back_what_later_readings_said_because_of_it) {
  spo2_rule(kThreeYellow);
  spo2_on(18, "88");
  const auto second = spo2_on(19, "88"), third = spo2_on(20, "88");
  ASSERT_EQ(level(third), "red");
  world.update(observation(kari, {.value = "95", .status = "corrected", .time = time(19)}), second);
  EXPECT_EQ(level(third), "yellow");
  EXPECT_THAT(found(third), IsEmpty());
  EXPECT_THAT(alerts_about(third), ElementsAre(HasSubstr("requested/urgent SpO2 88 % er under gul grense 90 % (")));
}

TEST_F(Rules, a_reading_that_was_deleted_or_withdrawn_counts_no_more) {
  weight_rule(rule_of("trend", zone("zone", "yellow") + amount("change", "1", "kg") + within(14)));
  const auto low = weight_on(10, "70"), lower = weight_on(11, "71");
  weight_on(12, "80");
  const auto last = weight_on(13, "80.5");
  ASSERT_EQ(level(last), "yellow");
  world.remove("Observation", low);
  EXPECT_EQ(level(last), "yellow");
  world.update(
      observation(kari,
                  {.loinc = "29463-7", .value = "71", .unit = "kg", .status = "entered-in-error", .time = time(11)}),
      lower);
  EXPECT_EQ(level(last), "green");
  EXPECT_THAT(alerts_about(last), ElementsAre(HasSubstr("cancelled/")));
}

TEST_F(Rules, a_task_that_somebody_owns_is_not_closed_by_a_late_reading) {
  weight_rule(rule_of("trend", zone("zone", "yellow") + amount("change", "1", "kg") + within(14)));
  const auto low = weight_on(10, "79");
  const auto last = weight_on(13, "80.5");
  auto task = fhir::Tree::copy_of(world.all("Task").back().root());
  task.edit().set("status", "in-progress");
  task.edit().add("owner").set("display", "Sykepleier");
  world.update(fhir::to_json(task.root()), std::string(task.root()["id"].value()));
  world.remove("Observation", low);
  EXPECT_EQ(level(last), "green");
  EXPECT_THAT(alerts_about(last), ElementsAre(HasSubstr("in-progress/")));
  EXPECT_THAT(world.all("Task").back().root()["note"]["text"].value(), HasSubstr("vurdert på nytt"));
}

TEST_F(Rules, a_reading_keeps_the_rules_of_its_receipt) {
  spo2_on(18, "88"), spo2_on(19, "88");
  const auto third = spo2_on(20, "88");
  spo2_rule(kThreeYellow);
  world.update(observation(kari, {.value = "87", .status = "corrected", .time = time(20)}), third);
  EXPECT_EQ(level(third), "yellow");
  EXPECT_EQ(level(spo2_on(21, "88")), "red");
}

TEST_F(Rules, a_reading_that_was_sent_again_is_not_counted_twice) {
  spo2_rule(kThreeYellow);
  spo2_on(18, "88");
  const Reading again{.value = "88", .time = time(19), .extra = R"("device":{"display":"Nonin 4711"},)"};
  measure(again);
  EXPECT_EQ(level(measure(again)), "yellow");
}

TEST_F(Rules, another_senders_finding_is_not_ours) {
  const auto id = measure(
      {.value = "95",
       .extra =
           R"("extension":[{"url":"https://varde.example/fhir/StructureDefinition/rule-finding","extension":[{"url":"zone","valueCode":"red"}]}],)"});
  EXPECT_THAT(found(id), IsEmpty());
  EXPECT_EQ(level(id), "green");
}

TEST_F(Rules, of_a_component_judge_that_component) {
  const auto systolic = limit("green", "90", "150", "mm[Hg]", "8480-6");
  const auto rule = rule_of(
      "trend",
      zone("zone", "red") + amount("change", "-30", "mm[Hg]") + within(3) +
          part("component", R"("valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]})"));
  world.create(plan(kari, "85354-9", {systolic, rule}));
  const auto pressure = [&](int day, std::string_view value) {
    return world.create(
        R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org",
      "code":"85354-9"}]},"subject":{"reference":"Patient/)" +
        kari + R"("},"effectiveDateTime":")" + time(day) +
        R"(","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},
      "valueQuantity":{"value":)" +
        std::string(value) + R"(,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]})");
  };
  EXPECT_EQ(level(pressure(19, "140")), "green");
  const auto fallen = pressure(20, "110");
  EXPECT_EQ(level(fallen), "red");
  EXPECT_THAT(rule_findings_of(world.read("Observation", fallen).root()["component"]).at(0).text,
              HasSubstr("systolisk blodtrykk har sunket 30 mmHg på 1 dag"));
}

TEST_F(Rules, in_a_pause_what_a_rule_found_is_told_when_the_follow_up_goes_on) {
  weight_rule(rule_of("trend", zone("zone", "red") + amount("change", "2", "kg") + within(14)));
  weight_on(10, "80");
  world.act([&](interaction::Act& act) { return pause(act, kari, "innlagt"); });
  const auto id = weight_on(20, "83");
  EXPECT_THAT(alerts_about(id), IsEmpty());
  world.act([&](interaction::Act& act) { return resume(act, kari); });
  EXPECT_THAT(alerts_about(id), ElementsAre(HasSubstr("vekt har økt 3 kg")));
}

// --- what is refused -------------------------------------------------------------------------------------------------

TEST_F(Rules, a_plan_that_cannot_be_worked_out_is_refused_in_norwegian_and_english) {
  const auto spo2 = [&](const std::string& rule) {
    auto json = plan_with(kSpO2Limits, rule);
    return refusal(json.insert(json.size() - 1, R"(,"replaces":[{"reference":"ServiceRequest/)" + spo2_plan + "\"}]"));
  };
  EXPECT_EQ(spo2(kThreeYellow), "");
  EXPECT_THAT(
      spo2(rule_of("persistance", count("times", 3))),
      HasSubstr("regelens kind er en av kodene persistence, trend, relative, hysteresis, confirmation, score (a rule's "
                "kind is one of the codes"));
  EXPECT_THAT(spo2(rule_of("limit", "")), HasSubstr("a rule's kind"));
  EXPECT_THAT(spo2(rule_of("persistence", zone("zone", "red"))),
              HasSubstr("regelen persistence må ha times (a rule persistence needs times"));
  EXPECT_THAT(spo2(rule_of("persistence", zone("zone", "green") + count("times", 3))),
              HasSubstr("zone is the code yellow or red"));
  EXPECT_THAT(spo2(rule_of("persistence", zone("zone", "red") + count("times", 1))), HasSubstr("minst 2"));
  EXPECT_THAT(spo2(rule_of("persistence", zone("zone", "red") + count("times", 3) + count("among", 2))),
              HasSubstr("among"));
  EXPECT_THAT(
      spo2(rule_of("persistence", zone("zone", "red") + count("times", 3) + count("days", 2))),
      HasSubstr(
          "har kind, component, zone, of, times, among, within og ikke noe annet (a rule persistence holds kind"));
  EXPECT_THAT(spo2(rule_of("persistence", zone("zone", "red") + count("times", 3) + count("times", 4))),
              HasSubstr("times is said twice"));
  EXPECT_THAT(spo2(rule_of("persistence", zone("zone", "red") + count("times", 3) + within(2, "a"))),
              HasSubstr("within is a valueDuration"));
  EXPECT_THAT(spo2(rule_of("trend", zone("zone", "red") + amount("change", "1", "kg") + within(2))),
              HasSubstr("change is a valueQuantity"));
  EXPECT_THAT(spo2(rule_of("trend", zone("zone", "red") + amount("change", "0", "%") + within(2))),
              HasSubstr("ikke null"));
  EXPECT_THAT(
      spo2(rule_of("trend", zone("zone", "red") + amount("change", "-3", "%") + within(2) + zone("by", "guess"))),
      HasSubstr("by is one of the codes delta slope"));
  EXPECT_THAT(spo2(rule_of("relative", zone("zone", "red") + within(14))), HasSubstr("either change or percent"));
  EXPECT_THAT(spo2(rule_of("hysteresis", amount("back", "-1", "%"))), HasSubstr("above zero"));
  EXPECT_THAT(refusal(plan(kari, "8867-4", {rule_of("persistence", zone("zone", "red") + count("times", 3))})),
              HasSubstr("a rule adds to the limits of its measure"));
  EXPECT_THAT(refusal(plan(kari, "8867-4",
                           {limit("green", "50", "60", "/min"), rule_of("hysteresis", amount("back", "10", "/min"))})),
              HasSubstr("wider than the green range"));
}

TEST_F(Rules, a_difference_of_temperature_is_no_temperature) {
  world.create(plan_with({limit("green", "35", "38", "Cel"), limit("red", "38", "", "Cel")},
                         rule_of("trend", zone("zone", "yellow") + amount("change", "1.8", "[degF]") + within(2)),
                         "8310-5"));
  measure({.loinc = "8310-5", .value = "36.4", .unit = "Cel", .time = time(19)});
  EXPECT_EQ(level(measure({.loinc = "8310-5", .value = "37.3", .unit = "Cel", .time = time(20)})), "green");
  EXPECT_EQ(level(measure({.loinc = "8310-5", .value = "37.4", .unit = "Cel", .time = time(20)})), "yellow");
}

// --- damage ----------------------------------------------------------------------------------------------------------

TEST_F(Rules, a_stored_rule_that_cannot_be_read_is_told_and_judged_by_the_plan_itself) {
  spo2_rule(kThreeYellow);
  spo2_on(18, "88"), spo2_on(19, "88");
  world.act([&](interaction::Act& act) -> Result<void> {
    const auto patient = act.patient_key(kari);
    auto row = storage::limits::of(act, patient, "http://loinc.org|2708-6").at(0);
    row.limits.replace(row.limits.find("times=3"), 7, "times=x");
    storage::limits::put(act, patient, row);
    return {};
  });
  EXPECT_EQ(level(spo2_on(20, "88")), "red");
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
}

TEST_F(Rules, a_rule_that_throws_is_told_and_stops_nothing) {
  const rule::Rule broken{"broken",
                          "broken/1",
                          rule::When::planned,
                          {},
                          nullptr,
                          nullptr,
                          [](const rule::Plan&, const rule::Window&, const rule::Moment&) -> std::vector<Finding> {
                            throw std::out_of_range("of the test");
                          }};
  const std::vector<Asked> rules{{&broken, {}}, {rule::find("persistence"), {}}};
  world.act([&](interaction::Act& act) -> Result<void> {
    const auto tree = resource(observation(kari, {.value = "95"}));
    const auto values = values_of(tree.root());
    const auto limits = checked(from_text("%;r:-:85;y:85:90;g:90:-")).value();
    const auto answer = ask(act, {act.patient_key(kari), {}, act.now(), values.at(0), limits}, rules);
    EXPECT_TRUE(answer.failed);
    EXPECT_THAT(answer.findings, IsEmpty());
    return {};
  });
}

}  // namespace
}  // namespace varde::followup::test
