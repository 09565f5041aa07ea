/// Which limits count is a clinical choice: one active request has the say, in its period, until the follow-up ends.
#include <gmock/gmock.h>

#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kStricter{limit("red", "", "95", "%"), limit("green", "95", "", "%")};

class InForce : public FollowUpTest {
 protected:
  /// A plan with one more element, such as replaces.
  std::string with(const std::vector<std::string>& limits, std::string_view element,
                   std::string_view loinc = "2708-6") {
    auto json = plan(kari, loinc, limits);
    return json.insert(json.size() - 1, "," + std::string(element));
  }
  std::string replacing(const std::string& other) {
    return with(kStricter, R"("replaces":[{"reference":"ServiceRequest/)" + other + R"("}])");
  }
  /// Instead of the plain timing.
  std::string in_period(const std::vector<std::string>& limits, std::string_view period, std::string_view more = "") {
    auto json = plan(kari, "2708-6", limits);
    const std::string timing = R"("repeat":{)";
    return json.insert(json.find(timing) + timing.size(), R"("boundsPeriod":)" + std::string(period) + ",")
        .insert(json.size() - 1, more);
  }
  std::string status(const std::string& id) {
    return std::string(world.read("ServiceRequest", id).root()["status"].value());
  }
};

TEST_F(InForce, a_second_request_for_a_measure_is_refused_with_words) {
  const auto second = world.try_create(plan(kari, "59408-5", kStricter));
  ASSERT_FALSE(second) << "by any code of the measure";
  EXPECT_EQ(second.error().fault, Fault::business_rule);
  EXPECT_THAT(second.error().diagnostics, HasSubstr("ServiceRequest/" + spo2_plan));
  EXPECT_THAT(second.error().diagnostics, HasSubstr("replaces"));
  EXPECT_EQ(level(spo2("92")), "green");
  const auto ola = world.create(patient());
  world.create(plan(ola, "2708-6", kStricter));
  world.create(plan(kari, "8867-4", {limit("green", "50", "100", "/min")}));
  world.create(plan(kari, "2708-6", kStricter, "draft"));
  world.create(plan(kari, "2708-6", {}));
}

TEST_F(InForce, nothing_is_that_says_more_than_is_looked_at) {
  const auto refused = [&](const std::string& json) {
    const auto tried = world.try_create(json);
    return tried ? "accepted: " + json : std::string(tried.error().expression);
  };
  world.remove("ServiceRequest", spo2_plan);
  EXPECT_EQ(refused(with(kStricter, R"("doNotPerform":true)")), "ServiceRequest.doNotPerform");
  EXPECT_EQ(refused(with(kStricter, R"("modifierExtension":[{"url":"urn:other","valueBoolean":true}])")),
            "ServiceRequest.modifierExtension[0]");
  auto lasting = plan(kari, "2708-6", kStricter);
  const std::string timing = R"("repeat":{)";
  lasting.insert(lasting.find(timing) + timing.size(),
                 R"("boundsDuration":{"value":3,"code":"wk","system":"http://unitsofmeasure.org"},)");
  EXPECT_EQ(refused(lasting), "ServiceRequest.occurrenceTiming.repeat.boundsDuration");
  world.create(with({}, R"("doNotPerform":true)"));
}

TEST_F(InForce, a_limit_says_each_thing_once_and_where_somebody_may_be) {
  const auto refused = [&](const std::vector<std::string>& limits, std::string_view loinc = "8867-4") {
    const auto tried = world.try_create(plan(kari, loinc, limits));
    return tried ? "accepted" : tried.error().diagnostics;
  };
  auto two_units = limit("red", "", "40", "/min");
  two_units.insert(two_units.find(R"("code":)"), R"("unit":"/h",)");
  EXPECT_THAT(refused({two_units, limit("green", "40", "", "/min")}), HasSubstr("unit and code"));
  auto twice = limit("red", "", "40", "/min");
  twice.insert(twice.size() - 2, bound("high", "50", "/min"));
  EXPECT_EQ(refused({twice, limit("green", "50", "", "/min")}), "En grense har én high (a limit has one high)");
  EXPECT_THAT(refused({limit("green", "50", "1200", "/min"), limit("red", "1200", "", "/min")}),
              HasSubstr("nobody has 1200 /min of Heart rate"));
  EXPECT_THAT(refused({limit("red", "", "0.85", "kg"), limit("green", "0.85", "", "kg")}, "2708-6"),
              testing::Not(HasSubstr("nobody has")))
      << "the unit is what is wrong";
}

TEST_F(InForce, a_request_that_replaces_another_ends_it) {
  const auto stricter = world.create(replacing(spo2_plan));
  EXPECT_EQ(status(spo2_plan), "revoked");
  EXPECT_EQ(level(spo2("92")), "red");
  world.update(plan(kari, "2708-6", kStricter, "revoked"), stricter);
  EXPECT_EQ(level(spo2("92")), "grey");
}

TEST_F(InForce, a_note_on_a_request_changes_nothing_and_an_ended_one_cannot_take_the_say_back) {
  world.create(replacing(spo2_plan));
  const auto again = world.try_update(with(kSpO2Limits, R"("note":[{"text":"ringt"}])"), spo2_plan);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, Fault::business_rule);
  EXPECT_EQ(level(spo2("92")), "red");
}

TEST_F(InForce, counts_in_its_period_only) {
  world.update(in_period(kSpO2Limits, R"({"start":"2026-10-01","end":"2026-11-22"})"), spo2_plan);
  EXPECT_EQ(level(spo2("82")), "red") << "the last day is included";
  world.pass(std::chrono::hours(15));  // 00:00 in Norway
  EXPECT_EQ(level(measure({.time = "2026-11-22T22:50:00Z"})), "grey");
  world.create(in_period(kStricter, R"({"start":"2026-11-23"})"));
  EXPECT_EQ(level(measure({.value = "92", .time = "2026-11-22T22:51:00Z"})), "red");
}

TEST_F(InForce, that_begins_later_does_not_judge_today) {
  world.update(in_period(kSpO2Limits, R"({"end":"2026-11-30"})"), spo2_plan);
  world.create(in_period(kStricter, R"({"start":"2026-12-01"})"));
  EXPECT_EQ(level(spo2("92")), "green");
  const auto early = world.try_create(in_period(
      kStricter, R"({"start":"2026-11-25"})", R"(,"replaces":[{"reference":"ServiceRequest/)" + spo2_plan + R"("}])"));
  ASSERT_FALSE(early);
  EXPECT_THAT(early.error().diagnostics, HasSubstr("begins later"));
}

TEST_F(InForce, an_occurrence_period_bounds_as_well) {
  auto json = plan(kari, "2708-6", kSpO2Limits);
  const auto timing = json.find(R"("occurrenceTiming")");
  json = json.substr(0, timing) + R"("occurrencePeriod":{"end":"2026-11-01"}})";
  world.update(json, spo2_plan);
  EXPECT_EQ(level(spo2("82")), "grey");
}

TEST_F(InForce, nothing_is_after_the_end_of_the_follow_up_and_it_is_again_when_the_end_is_taken_back) {
  const auto care_plan =
      world.create(R"({"resourceType":"CarePlan","status":"active","intent":"plan","category":[{"coding":
    [{"system":"http://ehelse.no/fhir/CodeSystem/vkp-careplan-category-v090","code":"2"}]}],"subject":{"reference":"Patient/)" +
                   kari + R"("}})");
  const auto referral =
      world.create(R"({"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"text":
    "Henvisning"},"subject":{"reference":"Patient/)" +
                   kari + R"("}})");
  world.act([&](auto& act) { return end(act, kari, "flyttet"); });
  EXPECT_EQ(status(spo2_plan), "completed");
  EXPECT_EQ(world.read("CarePlan", care_plan).root()["status"].value(), "completed");
  EXPECT_EQ(status(referral), "active") << "not part of the plan";
  EXPECT_EQ(level(spo2("82")), "grey");

  world.update(enrolment(kari), episode);
  EXPECT_EQ(status(spo2_plan), "active");
  EXPECT_EQ(world.read("CarePlan", care_plan).root()["status"].value(), "active");
  EXPECT_EQ(level(spo2("82")), "red");
  EXPECT_FALSE(world.read("ServiceRequest", spo2_plan)
                   .root()
                   .extension("https://varde.example/fhir/StructureDefinition/ended-with"));
}

TEST_F(InForce, is_back_when_the_end_of_several_episodes_is_taken_back) {
  const auto second = world.create(enrolment(kari));
  world.act([&](auto& act) { return end(act, kari, "død"); });
  EXPECT_EQ(status(spo2_plan), "completed");
  world.update(enrolment(kari), episode);
  world.update(enrolment(kari), second);
  EXPECT_EQ(status(spo2_plan), "active");
}

TEST_F(InForce, a_new_enrolment_begins_without_the_limits_of_the_one_before) {
  world.update(enrolment(kari, "finished"), episode);
  world.create(enrolment(kari));
  EXPECT_EQ(level(spo2("82")), "grey");
  EXPECT_EQ(tasks("set-limits"), (Words{"requested/routine"}));
  world.create(plan(kari, "2708-6", kStricter));
  EXPECT_EQ(level(spo2("92")), "red");
}

}  // namespace
}  // namespace varde::followup::test
