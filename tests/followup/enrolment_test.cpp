/// Who is followed up right now, and from when.
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

class EnrolmentOf : public FollowUpTest {
 protected:
  /// An EpisodeOfCare of that service.
  std::string of_service(std::string_view system, std::string_view code) {
    auto json = enrolment(kari);
    const std::string ours = R"("system":"https://varde.example/fhir/CodeSystem/service-type","code":"DHO")";
    return json.replace(json.find(ours), ours.size(),
                        R"("system":")" + std::string(system) + R"(","code":")" + std::string(code) + "\"");
  }
  std::string starting(std::string_view start) {
    auto json = enrolment(kari);
    const std::string usual = R"("start":"2026-10-01")";
    return json.replace(json.find(usual), usual.size(), R"("start":")" + std::string(start) + "\"");
  }
};

TEST_F(EnrolmentOf, another_service_of_the_hub_is_not_ours) {
  world.update(enrolment(kari, "finished"), episode);  // what is under way does not become another service
  for (const auto* code : {"RT", "TA", "GPS", "MD"}) {
    world.update(of_service("http://ehelse.no/fhir/CodeSystem/service", code), episode);
    spo2("82");
    EXPECT_TRUE(world.all("Task").empty()) << code;
  }
  for (const auto* code : {"DHO", "HACC", "103"}) {
    world.update(of_service("http://example.org/service", code), episode);
    const auto before = tasks("alert").size();
    spo2("82");
    EXPECT_EQ(tasks("alert").size(), before + 1) << code;
  }
}

TEST_F(EnrolmentOf, our_service_beside_another_is_ours) {
  auto json = of_service("http://ehelse.no/fhir/CodeSystem/service", "TA");
  const std::string type = R"("type":[)";
  json.insert(json.find(type) + type.size(),
              R"({"coding":[{"system":"https://varde.example/fhir/CodeSystem/service-type","code":"DHO"}]},)");
  world.update(json, episode);
  spo2("82");
  EXPECT_EQ(tasks("alert").size(), 1u);
}

TEST_F(EnrolmentOf, that_begins_later_raises_nothing_today_and_begins_by_itself) {
  world.update(enrolment(kari, "finished"), episode);  // what has begun is not put off
  world.update(starting("2026-11-23"), episode);
  EXPECT_EQ(level(spo2("82")), "red");
  EXPECT_TRUE(world.all("Task").empty());
  world.pass(std::chrono::hours(16));
  EXPECT_EQ(level(measure({.time = "2026-11-22T23:30:00Z"})), "red");
  EXPECT_EQ(tasks("alert").size(), 1u);
}

TEST_F(EnrolmentOf, makes_no_work_of_what_was_measured_before_it) {
  EXPECT_EQ(level(measure({.time = "2026-09-30T21:00:00Z"})), "red");
  EXPECT_EQ(level(measure({.unit = "kg", .time = "2026-09-30T21:00:00Z"})), "grey");
  EXPECT_TRUE(world.all("Task").empty());
  measure({.time = "2026-09-30T22:00:00Z"});
  EXPECT_EQ(tasks("alert").size(), 1u) << "the first day counts from Norwegian midnight";
}

TEST_F(EnrolmentOf, makes_work_of_what_may_have_been_measured_in_it) {
  EXPECT_EQ(level(measure({.time = "2025"})), "red");
  EXPECT_EQ(level(measure({.time = "2026-09"})), "red");
  EXPECT_TRUE(tasks("alert").empty());
  measure({.value = "81", .time = "2026"});
  EXPECT_EQ(tasks("alert").size(), 1u) << "the year of the enrolment is no history";
}

TEST_F(EnrolmentOf, is_not_deleted_while_it_goes_on) {
  const auto removed = world.try_remove("EpisodeOfCare", episode);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().fault, Fault::resource_conflict);
  EXPECT_EQ(level(measure({})), "red");
  EXPECT_EQ(tasks("alert").size(), 1u);
  auto over = world.read("EpisodeOfCare", episode);
  over.edit().set("status", "entered-in-error");
  world.update(fhir::to_json(over.root()), episode);
  EXPECT_TRUE(world.try_remove("EpisodeOfCare", episode));
}

}  // namespace
}  // namespace varde::followup::test
