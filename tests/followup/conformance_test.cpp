/// What conformance/followup publishes is valid R4 and says what the code does.
#include <gmock/gmock.h>

#include "conformance/embedded.h"
#include "fhir-model/validation/validation.h"
#include "server/followup/codes.h"
#include "server/followup/measure.h"
#include "server/followup/plan.h"
#include "server/followup/rule/rules.h"
#include "server/followup/task.h"
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

std::vector<fhir::Tree> published() {
  std::vector<fhir::Tree> found;
  for (const auto& file : embedded::conformance::files())
    if (file.path.starts_with("followup/") && file.path.ends_with(".json")) found.push_back(resource(file.content));
  return found;
}
bool is_published(std::string_view url) {
  for (const auto& tree : published())
    if (tree.root()["url"].value() == url) return true;
  return false;
}

TEST(Conformance, every_published_resource_is_valid_and_named_by_its_url) {
  ASSERT_FALSE(published().empty());
  for (const auto& tree : published()) {
    const auto root = tree.root();
    const auto failures = fhir::validate(root);
    EXPECT_TRUE(failures.empty()) << root["id"].value() << ": " << failures.front().diagnostics << " at "
                                  << failures.front().expression;
    EXPECT_EQ(root["url"].value(),
              "https://varde.example/fhir/" + std::string(root.type_name()) + "/" + std::string(root["id"].value()));
  }
}

TEST(Conformance, publishes_every_code_system_and_extension_that_the_code_writes) {
  for (const auto url :
       {codes::kTaskCode,     codes::kAlertLevel, codes::kTaskInput,    codes::kServiceType, codes::kLimit,
        codes::kLimitSource,  codes::kRule,       codes::kRuleFinding,  codes::kRuleKind,    codes::kPauseReason,
        codes::kEndedWith,    codes::kTaskColour, codes::kTaskStep,     codes::kTaskOutcome, codes::kTopic,
        codes::kSnoozedUntil, codes::kEscalation, codes::kResponseTime, codes::kAlertChain,  codes::kTellGreen,
        codes::kPatientState})
    EXPECT_TRUE(is_published(url)) << url;
}

TEST(Conformance, names_every_kind_of_rule_and_every_part_of_one) {
  const auto all = published();
  std::vector<std::string> kinds, parts{"kind", "component"}, published_kinds, published_parts;
  for (const auto* each : rule::all()) {
    kinds.emplace_back(each->code);
    for (const auto& parameter : each->parameters)
      if ((each->when == rule::When::planned || each->when == rule::When::parts) &&
          std::ranges::count(parts, parameter.name) == 0)
        parts.emplace_back(parameter.name);
  }
  for (const auto& tree : all) {
    if (tree.root()["url"].value() == codes::kRuleKind)
      for (const auto concept_ : tree.root().each("concept")) published_kinds.emplace_back(concept_["code"].value());
    if (tree.root()["url"].value() == codes::kRule)
      for (const auto element : tree.root()["differential"].each("element"))
        if (const auto name = element["sliceName"].value(); !name.empty()) published_parts.emplace_back(name);
  }
  EXPECT_THAT(published_kinds, ::testing::UnorderedElementsAreArray(kinds));
  EXPECT_THAT(published_parts, ::testing::UnorderedElementsAreArray(parts));
}

TEST(Conformance, a_task_shows_the_display_of_its_code) {
  for (const auto& tree : published()) {
    if (tree.root()["url"].value() != codes::kTaskCode) continue;
    for (const auto concept_ : tree.root().each("concept")) {
      const auto task = task_of({"1", std::string(concept_["code"].value()), "routine", "x", ""}, Instant{});
      EXPECT_EQ(task.root()["code"]["coding"]["display"].value(), concept_["display"].value());
    }
  }
}

TEST(Conformance, typical_limits_hold_together_and_fit_their_measures) {
  for (const auto* code : {"copd", "heart-failure", "diabetes"}) {
    const auto plan = typical_plan(code);
    ASSERT_TRUE(plan) << code;
    for (const auto& planned : *plan)
      for (const auto& [measure, limits, rules] : planned.limits) {
        ASSERT_TRUE(find_measure(measure)) << measure;
        EXPECT_TRUE(in_unit(1, limits.unit, find_measure(measure)->unit)) << measure;
      }
  }
  EXPECT_EQ(typical_plan("gout").error().fault, Fault::code_invalid);
}

TEST(Conformance, the_activities_of_a_template_say_what_its_typical_plan_says) {
  std::map<std::string, fhir::Tree> activities;
  for (auto& tree : published())
    if (tree.root().type_name() == "ActivityDefinition")
      activities.emplace(std::string(tree.root()["url"].value()), std::move(tree));
  for (const auto& tree : published()) {
    const auto id = tree.root()["id"].value();
    if (tree.root().type_name() != "PlanDefinition" || !id.starts_with("ebp-")) continue;
    std::vector<std::string> said, typical;
    for (const auto action : tree.root().each("action")) {
      const auto canonical = std::string(action["definitionCanonical"].value());
      if (canonical.empty()) continue;
      ASSERT_TRUE(activities.contains(canonical)) << canonical;
      const auto activity = activities.at(canonical).root();
      auto request = fhir::Tree::of("ServiceRequest");
      request.edit().add_copy("code", activity["code"]);
      for (const auto extension : activity.each("extension")) request.edit().add_copy("extension", extension);
      const auto limits = limits_of(request.root());
      ASSERT_TRUE(limits) << canonical << ": " << limits.error().diagnostics;
      for (const auto& each : *limits) said.push_back(each.measure + " " + to_text(each.limits));
    }
    if (const auto plan = typical_plan(id.substr(4)))
      for (const auto& planned : *plan)
        for (const auto& each : planned.limits) typical.push_back(each.measure + " " + to_text(each.limits));
    EXPECT_THAT(said, ::testing::UnorderedElementsAreArray(typical)) << id;
  }
}

TEST(Conformance, every_spelling_of_a_unit_means_one_that_some_measure_takes) {
  EXPECT_EQ(in_unit(38, "°C", "Cel").value(), 38);
  EXPECT_EQ(in_unit(38, "C", "Cel").value(), 38);
  EXPECT_NEAR(in_unit(100.4, "°F", "Cel").value(), 38, 1e-9);
  EXPECT_EQ(in_unit(70, "bpm", "/min").value(), 70);
  EXPECT_EQ(in_unit(120, "mmHg", "mm[Hg]").value(), 120);
  EXPECT_NEAR(in_unit(16, "kPa", "mm[Hg]").value(), 120.01, 0.01);
  EXPECT_EQ(in_unit(80000, "g", "kg").value(), 80);
  EXPECT_FALSE(in_unit(1, "kg", "%"));
  EXPECT_FALSE(in_unit(1, "", "%"));
}

TEST(Measure, is_known_by_all_its_codings_and_by_the_first_when_unknown) {
  EXPECT_EQ(find_measure("http://snomed.info/sct|27113001")->code, "29463-7");
  EXPECT_EQ(find_measure("urn:oid:2.16.578.1.12.4.1.1.7280|NPU19748")->name, "CRP");
  EXPECT_EQ(find_measure("http://loinc.org|29563-7"), nullptr) << "a misprint seen in a guide is not weight";
  const auto tree = resource(
      R"({"resourceType":"Observation","code":{"coding":[{"system":"urn:a","code":"x"},{"system":"http://loinc.org","code":"59408-5"}]}})");
  EXPECT_EQ(measure_key(tree.root()["code"]), "http://loinc.org|2708-6");
}

}  // namespace
}  // namespace varde::followup::test
