/// NEWS2 from its parts: Royal College of Physicians, 2017, as VKP's NEWS2 profile sends it. A missing part is never 0.
#include <gmock/gmock.h>

#include "server/followup/rule_finding.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string coded(std::string_view system, std::string_view code) {
  return R"("code":{"coding":[{"system":")" + std::string(system) + R"(","code":")" + std::string(code) + R"("}]})";
}
std::string points(std::string_view code, int number) {
  return "{" + coded("http://snomed.info/sct", code) + R"(,"valueQuantity":{"value":)" + std::to_string(number) + "}}";
}
std::string measured(std::string_view code, std::string_view value, std::string_view unit) {
  return "{" + coded("http://loinc.org", code) + R"(,"valueQuantity":{"value":)" + std::string(value) +
         R"(,"system":"http://unitsofmeasure.org","code":")" + std::string(unit) + "\"}}";
}

constexpr std::string_view kRespiration = "1104301000000104", kScale1 = "1104311000000102",
                           kScale2 = "1104321000000108", kOxygen = "1104331000000105", kSystolic = "1104341000000101",
                           kPulse = "1104351000000103", kConsciousness = "1104361000000100",
                           kTemperature = "1104371000000107";

class News2 : public FollowUpTest {
 protected:
  static std::string plan_of(const std::string& patient, std::string_view rule = "") {
    auto json = plan(patient, "x",
                     {limit("green", "0", "5", "{score}"), limit("yellow", "5", "7", "{score}"),
                      limit("red", "7", "", "{score}") + std::string(rule)});
    const std::string loinc = coded("http://loinc.org", "x");
    return json.replace(json.find(loinc), loinc.size(), coded("http://snomed.info/sct", "1104051000000101"));
  }
  static std::string scale(std::string_view number) {
    return R"(,{"url":"https://varde.example/fhir/StructureDefinition/rule","extension":[{"url":"kind","valueCode":"score"},
      {"url":"scale","valueCode":")" +
           std::string(number) + "\"}]}";
  }
  static std::string together(const std::vector<std::string>& parts) {
    std::string json;
    for (const auto& part : parts) json += (json.empty() ? "" : ",") + part;
    return json;
  }
  std::string news2(const std::vector<std::string>& parts, std::string_view total = "") {
    return world.create(R"({"resourceType":"Observation","status":"final",)" +
                        coded("http://snomed.info/sct", "1104051000000101") + R"(,"subject":{"reference":"Patient/)" +
                        kari + R"("},"effectiveDateTime":"2026-11-22T07:30:00Z")" +
                        (total.empty() ? "" : R"(,"valueInteger":)" + std::string(total)) + R"(,"component":[)" +
                        together(parts) + "]}");
  }
  std::vector<std::string> found(const std::string& id) {
    std::vector<std::string> words;
    for (const auto& finding : rule_findings_of(world.read("Observation", id).root()))
      words.push_back(std::string(code(finding.zone)) + ": " + finding.text);
    return words;
  }
  std::vector<storage::Measurement> totals() {
    return world.measurements(kari, "http://snomed.info/sct|1104051000000101");
  }

  const std::vector<std::string> kWell{points(kRespiration, 0), points(kScale1, 1), points(kOxygen, 0),
                                       points(kSystolic, 0),    points(kPulse, 1),  points(kConsciousness, 0),
                                       points(kTemperature, 0)};
};

TEST_F(News2, is_the_sum_of_its_parts_and_judged_by_the_limits_of_the_score) {
  world.create(plan_of(kari));
  EXPECT_EQ(level(news2(kWell)), "green");
  const auto ill = news2({points(kRespiration, 2), points(kScale2, 2), points(kOxygen, 2), points(kSystolic, 0),
                          points(kPulse, 1), points(kConsciousness, 0), points(kTemperature, 1)});
  EXPECT_EQ(level(ill), "red");
  EXPECT_THAT(found(ill),
              ElementsAre("green: NEWS2 8 (respirasjon 2, SpO2 (skala 2) 2, luft eller oksygen 2, systolisk "
                          "blodtrykk 0, puls 1, bevissthet 0, temperatur 1)"));
  EXPECT_THAT(world.all("Task").back().root()["description"].value(),
              HasSubstr("NEWS2 8 poeng er over rød grense 7 poeng, NEWS2 8 (respirasjon 2"));
  ASSERT_EQ(totals().size(), 2u);
  EXPECT_EQ(totals().front().value, 8);
  EXPECT_THAT(tasks("set-limits"), IsEmpty()) << "the parts need no limits of their own";
  EXPECT_THAT(tasks("technical"), IsEmpty());
}

TEST_F(News2, is_read_off_what_was_measured_by_the_scale_that_is_prescribed) {
  const std::vector<std::string> parts{
      measured("9279-1", "22", "/min"),    measured("2708-6", "93", "%"),    points(kOxygen, 2),
      measured("8480-6", "105", "mm[Hg]"), measured("8867-4", "95", "/min"), points(kConsciousness, 0),
      measured("8310-5", "38.4", "Cel")};
  const auto request = world.create(plan_of(kari));
  EXPECT_THAT(found(news2(parts)),
              ElementsAre(HasSubstr("NEWS2 9 (respirasjon 2, SpO2 (skala 1) 2, luft eller oksygen 2, "
                                    "systolisk blodtrykk 1, puls 1, bevissthet 0, temperatur 1)")));
  world.update(plan_of(kari, scale("2")), request);
  const auto second = news2(parts);
  EXPECT_THAT(found(second), ElementsAre(HasSubstr("NEWS2 8 (respirasjon 2, SpO2 (skala 2) 1, luft")));
  world.update(plan_of(kari), request);
  auto again = fhir::Tree::copy_of(world.read("Observation", second).root());
  again.edit().set("status", "amended");
  world.update(fhir::to_json(again.root()), second);
  EXPECT_THAT(found(second), ElementsAre(HasSubstr("(skala 2) 1"))) << "by the plan of its receipt";
}

TEST_F(News2, every_step_of_the_table) {
  world.create(plan_of(kari, scale("2")));
  const auto of = [&](const std::string& part, std::string_view name, int oxygen = 0) {
    const auto words = found(news2({part, points(kOxygen, oxygen)})).at(0);
    const auto at = words.find(std::string(name) + " ");
    return at == std::string::npos ? -1 : words.at(at + name.size() + 1) - '0';
  };
  const auto steps = [&](std::string_view code, std::string_view unit, std::string_view name,
                         const std::vector<std::pair<std::string, int>>& wanted, int oxygen = 0) {
    for (const auto& [value, number] : wanted)
      EXPECT_EQ(of(measured(code, value, unit), name, oxygen), number) << name << " " << value;
  };
  steps("9279-1", "/min", "respirasjon",
        {{"8", 3}, {"9", 1}, {"11", 1}, {"12", 0}, {"20", 0}, {"21", 2}, {"24", 2}, {"25", 3}});
  steps("8480-6", "mm[Hg]", "systolisk blodtrykk",
        {{"90", 3}, {"91", 2}, {"100", 2}, {"101", 1}, {"110", 1}, {"111", 0}, {"219", 0}, {"220", 3}});
  steps("8867-4", "/min", "puls",
        {{"40", 3},
         {"41", 1},
         {"50", 1},
         {"51", 0},
         {"90", 0},
         {"91", 1},
         {"110", 1},
         {"111", 2},
         {"130", 2},
         {"131", 3}});
  steps("8310-5", "Cel", "temperatur",
        {{"35", 3}, {"35.1", 1}, {"36", 1}, {"36.1", 0}, {"38", 0}, {"38.1", 1}, {"39", 1}, {"39.1", 2}});
  const std::string scale2 = "SpO2 (skala 2)";
  steps("2708-6", "%", scale2,
        {{"83", 3}, {"84", 2}, {"85", 2}, {"86", 1}, {"87", 1}, {"88", 0}, {"92", 0}, {"93", 0}, {"98", 0}});
  steps("2708-6", "%", scale2, {{"92", 0}, {"93", 1}, {"94", 1}, {"95", 2}, {"96", 2}, {"97", 3}}, 2);
}

TEST_F(News2, a_missing_part_is_never_zero) {
  world.create(plan_of(kari));
  auto parts = kWell;
  parts.pop_back();
  const auto id = news2(parts);
  EXPECT_EQ(level(id), "grey");
  EXPECT_THAT(found(id), ElementsAre(HasSubstr("NEWS2 minst 2 (")));
  EXPECT_THAT(found(id), ElementsAre(HasSubstr("kan ikke regnes ut: mangler temperatur")));
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_THAT(totals(), IsEmpty());
}

TEST_F(News2, that_is_red_already_is_not_hidden_by_a_missing_part) {
  world.create(plan_of(kari));
  const auto id = news2({points(kRespiration, 3), points(kScale1, 3), points(kOxygen, 2)});
  EXPECT_EQ(level(id), "red");
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
  EXPECT_EQ(tasks("technical"), (Words{"requested/urgent"}));
  EXPECT_THAT(world.all("Task").back().root()["description"].value(), HasSubstr("NEWS2 minst 8 poeng"));
}

TEST_F(News2, three_points_for_one_part_are_yellow_whatever_the_sum) {
  world.create(plan_of(kari));
  auto parts = kWell;
  parts[5] = points(kConsciousness, 3), parts[1] = points(kScale1, 0), parts[4] = points(kPulse, 0);
  const auto id = news2(parts);
  EXPECT_EQ(level(id), "yellow");
  EXPECT_THAT(found(id), ElementsAre(HasSubstr("én del alene gir 3 poeng")));
}

TEST_F(News2, a_total_needs_no_parts_but_must_be_their_sum) {
  world.create(plan_of(kari));
  EXPECT_EQ(level(news2({points(kRespiration, 0)}, "4")), "green");
  EXPECT_EQ(level(news2(kWell, "2")), "green");
  const auto wrong = news2(kWell, "1");
  EXPECT_EQ(level(wrong), "yellow");
  EXPECT_THAT(found(wrong), ElementsAre(HasSubstr("sendt som 1, men delene gir NEWS2 2 (")));
  EXPECT_EQ(level(news2(kWell, "9")), "red");
}

TEST_F(News2, points_that_are_none_are_a_missing_part) {
  world.create(plan_of(kari));
  auto parts = kWell;
  parts[2] = points(kOxygen, 1);
  EXPECT_THAT(found(news2(parts)), ElementsAre(HasSubstr("mangler luft eller oksygen")));
  parts = kWell;
  parts[0] = points(kRespiration, 4);
  EXPECT_THAT(found(news2(parts)), ElementsAre(HasSubstr("mangler respirasjon")));
}

TEST_F(News2, a_part_with_limits_of_its_own_is_judged_by_them) {
  world.create(plan_of(kari));
  auto parts = kWell;
  parts[1] = measured("2708-6", "84", "%");
  EXPECT_EQ(level(news2(parts)), "red") << "3 points are yellow, the patient's own limit is red";
}

TEST_F(News2, a_scale_is_for_a_score) {
  const auto refused = world.try_create(plan(kari, "8867-4", {limit("green", "50", "100", "/min") + scale("2")}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().diagnostics, HasSubstr("regelen score gjelder en skår (a rule score is for a score)"));
}

}  // namespace
}  // namespace varde::followup::test
