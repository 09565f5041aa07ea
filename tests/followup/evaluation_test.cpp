/// Issue section 3: an incoming Observation is normalised, coloured against the limits in force, gets those limits.
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

class Evaluation : public FollowUpTest {};

TEST_F(Evaluation, colours_by_the_limits_in_force_with_boundaries_exactly_at_the_limit) {
  EXPECT_EQ(level(spo2("84.9")), "red");
  EXPECT_EQ(level(spo2("85")), "yellow");
  EXPECT_EQ(level(spo2("85.0")), "yellow");
  EXPECT_EQ(level(spo2("89.99")), "yellow");
  EXPECT_EQ(level(spo2("90")), "green");
}

TEST_F(Evaluation, writes_the_limits_it_was_judged_by_into_reference_range_with_the_plans_version) {
  const auto tree = world.read("Observation", spo2("82"));
  const auto observation = tree.root();
  ASSERT_EQ(observation.count("referenceRange"), 3u);
  const auto red = observation.at("referenceRange", 0);
  EXPECT_EQ(red["type"]["coding"]["code"].value(), "red");
  EXPECT_FALSE(red["low"]);
  EXPECT_EQ(red["high"]["value"].value(), "85");
  EXPECT_EQ(red["high"]["code"].value(), "%");
  EXPECT_EQ(red["text"].value(), "rød: under 85 %");
  EXPECT_EQ(reference_range_source(observation), "ServiceRequest/" + spo2_plan + "/_history/1");
  EXPECT_EQ(observation["interpretation"]["coding"]["code"].value(), "LL");
}

TEST_F(Evaluation, leaves_reference_ranges_and_interpretations_of_others_alone) {
  const auto id =
      measure({.extra = R"("interpretation":[{"text":"lavt"}],"referenceRange":[{"text":"laboratory's own"}],)"});
  const auto tree = world.read("Observation", id);
  EXPECT_EQ(tree.root().count("referenceRange"), 4u);
  EXPECT_EQ(tree.root()["referenceRange"]["text"].value(), "laboratory's own");
  EXPECT_EQ(tree.root().count("interpretation"), 1u);
  EXPECT_EQ(tree.root()["interpretation"]["text"].value(), "lavt");
}

TEST_F(Evaluation, is_grey_when_no_limits_are_set) {
  const auto id = measure({.loinc = "8867-4", .value = "70", .unit = "/min"});
  EXPECT_EQ(level(id), "grey");
  EXPECT_FALSE(world.read("Observation", id).root()["referenceRange"]);
}

TEST_F(Evaluation, judges_a_value_in_grams_by_limits_in_kilograms) {
  world.create(plan(kari, "29463-7",
                    {limit("green", "", "80", "kg"), limit("yellow", "80", "82", "kg"), limit("red", "82", "", "kg")}));
  EXPECT_EQ(level(measure({.loinc = "29463-7", .value = "79999", .unit = "g"})), "green");
  EXPECT_EQ(level(measure({.loinc = "29463-7", .value = "80000", .unit = "g"})), "yellow");
  EXPECT_EQ(level(measure({.loinc = "29463-7", .value = "82.0", .unit = "kg"})), "red");
  const auto rows = world.measurements(kari, "http://loinc.org|29463-7");
  ASSERT_EQ(rows.size(), 3u);
  for (const auto& row : rows) EXPECT_EQ(row.unit, "kg");
  const auto found = world.all("Observation");
  EXPECT_EQ(found.front().root()["referenceRange"]["high"]["code"].value(), "kg") << "the limit keeps its own unit";
}

TEST_F(Evaluation, knows_a_measure_by_its_snomed_and_npu_codes) {
  const auto id = world.create(R"({"resourceType":"Observation","status":"final","code":{"coding":[
    {"system":"http://snomed.info/sct","code":"431314004"}]},"subject":{"reference":"Patient/)" +
                               kari + R"("},
    "effectiveDateTime":"2026-11-22","valueQuantity":{"value":82,"unit":"%"}})");
  EXPECT_EQ(level(id), "red");
  EXPECT_EQ(world.measurements(kari, "http://loinc.org|2708-6").size(), 1u);
}

std::string blood_pressure(const std::string& patient_id, int systolic, int diastolic) {
  const auto component = [](std::string_view code, int value) {
    return R"({"code":{"coding":[{"system":"http://loinc.org","code":")" + std::string(code) +
           R"("}]},"valueQuantity":{"value":)" + std::to_string(value) +
           R"(,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}})";
  };
  return R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
    "subject":{"reference":"Patient/)" +
         patient_id + R"("},"effectiveDateTime":"2026-11-22T07:00:00Z","component":[)" + component("8480-6", systolic) +
         "," + component("8462-4", diastolic) + "]}";
}

TEST_F(Evaluation, judges_each_component_by_its_own_limits_and_takes_the_worst_colour) {
  world.create(plan(kari, "85354-9",
                    {limit("green", "100", "150", "mm[Hg]", "8480-6"), limit("red", "150", "", "mm[Hg]", "8480-6"),
                     limit("green", "60", "95", "mm[Hg]", "8462-4"), limit("yellow", "95", "", "mm[Hg]", "8462-4")}));
  EXPECT_EQ(level(world.create(blood_pressure(kari, 120, 80))), "green");
  EXPECT_EQ(level(world.create(blood_pressure(kari, 120, 95))), "yellow");
  const auto id = world.create(blood_pressure(kari, 150, 95));
  EXPECT_EQ(level(id), "red");
  const auto tree = world.read("Observation", id);
  EXPECT_EQ(tree.root().at("component", 0)["referenceRange"]["type"]["coding"]["code"].value(), "green");
  EXPECT_EQ(tree.root().at("component", 0)["interpretation"]["coding"]["code"].value(), "HH");
  EXPECT_EQ(tree.root().at("component", 1)["interpretation"]["coding"]["code"].value(), "H");
  EXPECT_FALSE(tree.root()["referenceRange"]);
  EXPECT_EQ(world.measurements(kari, "http://loinc.org|8480-6").size(), 3u);
  EXPECT_EQ(world.measurements(kari, "http://loinc.org|8462-4").front().value, 95);
}

TEST_F(Evaluation, a_later_limit_never_recolours_history) {
  const auto id = spo2("88");
  world.update(plan(kari, "2708-6", {limit("red", "", "89", "%"), limit("green", "89", "", "%")}), spo2_plan);
  EXPECT_EQ(level(id), "yellow");
  EXPECT_EQ(level(spo2("88")), "red") << "the new limits hold for what comes";
  world.update(observation(kari, {.value = "87", .status = "corrected"}), id);
  EXPECT_EQ(level(id), "yellow") << "a correction is judged by the limits of its receipt";
  EXPECT_EQ(reference_range_source(world.read("Observation", id).root()),
            "ServiceRequest/" + spo2_plan + "/_history/1");
}

TEST_F(Evaluation, does_not_judge_what_nobody_stands_behind) {
  for (const auto* status : {"entered-in-error", "cancelled"}) {
    const auto id = measure({.status = status});
    EXPECT_EQ(level(id), "none") << status;
    EXPECT_FALSE(world.read("Observation", id).root()["referenceRange"]) << status;
  }
  EXPECT_TRUE(world.measurements(kari, "http://loinc.org|2708-6").empty());
  EXPECT_TRUE(tasks("alert").empty());
}

TEST_F(Evaluation, does_not_wait_for_a_reading_to_be_confirmed) {
  for (const auto* status : {"registered", "preliminary", "unknown"}) {
    const auto id = measure({.status = status});
    EXPECT_EQ(level(id), "red") << status;
  }
  EXPECT_EQ(tasks("alert").size(), 3u);
  EXPECT_EQ(world.measurements(kari, "http://loinc.org|2708-6").size(), 3u);
}

TEST_F(Evaluation, is_one_alert_when_a_preliminary_reading_becomes_final) {
  const auto id = measure({.status = "preliminary"});
  world.update(observation(kari, {}), id);
  EXPECT_EQ(level(id), "red");
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
}

TEST_F(Evaluation, takes_the_patient_from_an_identifier_alone) {
  const auto ola =
      world.create(patient(R"(,"identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13895300068"}])"));
  world.create(enrolment(ola));
  world.create(plan(ola, "2708-6", kSpO2Limits));
  const auto id = world.create(observation(
      "", {.subject = R"({"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13895300068"}})"}));
  EXPECT_EQ(level(id), "red");
  ASSERT_EQ(world.all("Task").size(), 1u);
  EXPECT_EQ(world.all("Task").front().root()["for"]["reference"].value(), "Patient/" + ola);
}

TEST_F(Evaluation, takes_a_less_than_sign_at_its_word) {
  const auto less =
      R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},
    "subject":{"reference":"Patient/)" +
      kari + R"("},"effectiveDateTime":"2026-11-22","valueQuantity":{"value":85,"comparator":"<","code":"%"}})";
  EXPECT_EQ(level(world.create(less)), "red");
}

TEST_F(Evaluation, strips_colours_that_a_sender_made_up) {
  const auto id = measure(
      {.value = "95",
       .extra =
           R"("meta":{"tag":[{"system":"https://varde.example/fhir/CodeSystem/alert-level","code":"red"},{"system":"urn:other","code":"kept"}]},)"});
  EXPECT_EQ(level(id), "green");
  EXPECT_EQ(world.read("Observation", id).root()["meta"].count("tag"), 2u);
}

TEST_F(Evaluation, of_a_missing_value_is_nothing_at_all) {
  const auto id = world.create(
      R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},
    "subject":{"reference":"Patient/)" +
      kari + R"("},"effectiveDateTime":"2026-11-22","dataAbsentReason":{"text":"ikke målt"}})");
  EXPECT_EQ(level(id), "none");
  EXPECT_TRUE(world.all("Task").empty());
}

class Limits : public FollowUpTest {
 protected:
  Failure refused(const std::vector<std::string>& limits, std::string_view loinc = "2708-6") {
    const auto created = world.try_create(plan(kari, loinc, limits));
    return created ? Failure{Fault::internal, "was accepted"} : created.error();
  }
};

TEST_F(Limits, with_a_gap_or_an_overlap_are_refused_on_save_with_their_place) {
  const auto gap = refused({limit("red", "", "84", "%"), limit("green", "85", "", "%")});
  EXPECT_EQ(gap.fault, Fault::business_rule);
  EXPECT_EQ(gap.expression, "ServiceRequest.extension[0]");
  EXPECT_NE(gap.diagnostics.find("gap"), std::string::npos);
  EXPECT_EQ(refused({limit("red", "", "86", "%"), limit("green", "85", "", "%")}).fault, Fault::business_rule);
}

TEST_F(Limits, in_a_unit_of_another_dimension_or_without_one_are_refused) {
  EXPECT_EQ(refused({limit("green", "85", "", "kg")}).fault, Fault::business_rule);
  const std::string bare =
      R"({"url":"https://varde.example/fhir/StructureDefinition/limit","extension":[{"url":"zone","valueCode":"green"},
    {"url":"low","valueQuantity":{"value":85}}]})";
  EXPECT_EQ(refused({bare}).fault, Fault::required_missing);
  EXPECT_EQ(refused({bare}).expression, "ServiceRequest.extension[0].extension[1].valueQuantity");
}

TEST_F(Limits, of_a_panel_must_say_which_component_they_are_for) {
  EXPECT_EQ(refused({limit("green", "90", "", "mm[Hg]")}, "85354-9").fault, Fault::business_rule);
}

TEST_F(Limits, that_are_refused_leave_the_old_ones_in_force) {
  const auto updated = world.try_update(plan(kari, "2708-6", {limit("red", "", "95", "%")}), spo2_plan);
  EXPECT_FALSE(updated);
  EXPECT_EQ(level(spo2("92")), "green");
}

TEST_F(Limits, may_be_written_in_mixed_units_of_one_dimension) {
  world.create(plan(kari, "29463-7", {limit("green", "", "80", "kg"), limit("red", "80000", "", "g")}));
  EXPECT_EQ(level(measure({.loinc = "29463-7", .value = "80", .unit = "kg"})), "red");
}

}  // namespace
}  // namespace varde::followup::test
