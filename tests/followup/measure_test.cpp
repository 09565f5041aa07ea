/// A measure is the same in whatever code system and unit it arrives.
#include "server/followup/measure.h"

#include "server/followup/plan.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

class OtherCode : public FollowUpTest {
 protected:
  std::string send(std::string_view system, std::string_view code, std::string_view value, std::string_view unit) {
    return world.create(
        R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":")" + std::string(system) +
        R"(","code":")" + std::string(code) + R"("}]},"subject":{"reference":"Patient/)" + kari +
        R"("},"effectiveDateTime":"2026-11-22T07:00:00Z","valueQuantity":{"value":)" + std::string(value) +
        R"(,"system":"http://unitsofmeasure.org","code":")" + std::string(unit) + R"("}})");
  }
};

constexpr std::string_view kLoinc = "http://loinc.org", kMdc = "urn:iso:std:iso:11073:10101",
                           kNpu = "urn:oid:2.16.578.1.12.4.1.1.7280";

TEST_F(OtherCode, of_a_known_measure_is_judged_by_its_limits) {
  world.create(plan(kari, "8867-4", {limit("green", "50", "100", "/min"), limit("red", "100", "", "/min")}));
  world.create(plan(kari, "8310-5", {limit("green", "35", "38.5", "Cel"), limit("red", "38.5", "", "Cel")}));
  world.create(plan(kari, "15074-8", {limit("green", "4", "12", "mmol/L"), limit("red", "12", "", "mmol/L")}));
  struct Row {
    std::string_view system, code, value, unit;
  };
  for (const auto& row : {Row{kMdc, "150456", "80", "%"},
                          {"urn:oid:2.16.840.1.113883.6.24", "150456", "80", "%"},
                          {kLoinc, "20564-1", "80", "%"},
                          {kNpu, "NPU03011", "0.80", "1"},
                          {kLoinc, "40443-4", "140", "/min"},
                          {kMdc, "149530", "140", "{beat}/min"},
                          {kLoinc, "8331-1", "39.5", "Cel"},
                          {kMdc, "150364", "103.1", "[degF]"},
                          {kLoinc, "2339-0", "270", "mg/dL"},
                          {kLoinc, "2345-7", "270", "mg/dL"},
                          {kLoinc, "14745-4", "15", "mmol/L"},
                          {kLoinc, "41653-7", "270", "mg/dL"},
                          {kLoinc, "39480-9", "270", "mg/dL"},
                          {kNpu, "NPU22089", "15", "mmol/L"},
                          {kMdc, "160184", "2.7", "g/L"},
                          {"http://snomed.info/sct", "434912009", "15", "mmol/L"}})
    EXPECT_EQ(level(send(row.system, row.code, row.value, row.unit)), "red") << row.code;
  EXPECT_TRUE(tasks("technical").empty());
}

TEST_F(OtherCode, glucose_is_judged_in_grams_and_in_moles_whichever_the_limits_use) {
  world.create(plan(kari, "15074-8", {limit("green", "70", "180", "mg/dL"), limit("red", "180", "", "mg/dL")}));
  EXPECT_EQ(level(send(kLoinc, "15074-8", "9.9", "mmol/L")), "green");
  EXPECT_EQ(level(send(kLoinc, "15074-8", "10", "mmol/L")), "red");
  EXPECT_EQ(level(send(kLoinc, "2339-0", "179", "mg/dL")), "green");
  EXPECT_EQ(world.measurements(kari, "http://loinc.org|15074-8").front().unit, "mmol/L");
  EXPECT_EQ(world.all("Task").front().root()["description"].value(),
            "Blodsukker 180,2 mg/dL er over rød grense 180 mg/dL");
}

TEST(Glucose, converts_by_its_molar_mass_and_nothing_else_does) {
  const auto* glucose = find_measure("http://loinc.org|15074-8");
  EXPECT_NEAR(in_unit(90.078, "mg/dL", "mmol/L", glucose).value(), 5, 1e-9);
  EXPECT_NEAR(in_unit(5, "mmol/L", "mg/dL", glucose).value(), 90.078, 1e-9);
  EXPECT_NEAR(in_unit(90.078, "mg/dl", "mmol/l", glucose).value(), 5, 1e-9);
  EXPECT_FALSE(in_unit(90, "mg/dL", "mmol/L"));
  EXPECT_FALSE(in_unit(90, "mg/dL", "mmol/L", find_measure("http://loinc.org|2708-6")));
}

TEST_F(OtherCode, converted_numbers_are_told_in_the_precision_of_the_measure) {
  world.create(plan(kari, "8480-6", {limit("green", "90", "180", "mm[Hg]"), limit("red", "180", "", "mm[Hg]")}));
  send(kLoinc, "8480-6", "24.1", "kPa");
  send(kLoinc, "8480-6", "24.0", "kPa");
  const auto found = world.all("Task");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].root()["description"].value(), "Systolisk blodtrykk 181 mmHg er over rød grense 180 mmHg");
  EXPECT_EQ(found[1].root()["description"].value(), "Systolisk blodtrykk 180 mmHg er på rød grense 180 mmHg");
  world.create(plan(kari, "8310-5", {limit("green", "35", "38.5", "Cel"), limit("red", "", "35", "Cel")}));
  send(kLoinc, "8310-5", "94.99", "[degF]");  // 34.99: not "35,0 under 35"
  EXPECT_EQ(world.all("Task").back().root()["description"].value(),
            "Systolisk blodtrykk 180 mmHg er på rød grense 180 mmHg; Temperatur 34,99 °C er under rød grense 35 °C");
}

TEST(HowOften, is_as_exact_as_it_was_written) {
  const auto words = [](std::string_view per_day) {
    const auto frequency = frequency_of(per_day);
    return frequency ? std::to_string(frequency->times) + " in " + std::to_string(frequency->days) : "refused";
  };
  EXPECT_EQ(words("1"), "1 in 1");
  EXPECT_EQ(words("3"), "3 in 1");
  EXPECT_EQ(words("1.5"), "3 in 2");
  EXPECT_EQ(words("2.5"), "5 in 2");
  EXPECT_EQ(words("1.25"), "5 in 4");
  EXPECT_EQ(words("0.5"), "1 in 2");
  EXPECT_EQ(words("0.14"), "1 in 7");
  EXPECT_EQ(words("0.33"), "1 in 3");
  EXPECT_EQ(words("0.1"), "1 in 10");
  for (const auto* wrong : {"0", "-1", "97", "ofte", "0.0001"}) EXPECT_EQ(words(wrong), "refused") << wrong;
}

}  // namespace
}  // namespace varde::followup::test
