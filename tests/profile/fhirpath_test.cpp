/// conformsTo(), slice() and memberOf() with profiles: https://hl7.org/fhir/R4/fhirpath.html#functions
#include <gtest/gtest.h>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"

namespace varde::fhir {
namespace {

constexpr std::string_view kPressure = R"({"resourceType":"Observation","status":"final",
 "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
 "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-11-22",
 "component":[
  {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
  {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]})";

class WithProfiles : public testing::TestWithParam<std::pair<std::string, std::optional<bool>>> {};

TEST_P(WithProfiles, is_answered) {
  const Profiles known;
  const auto tree = parse_json(kPressure);
  ASSERT_TRUE(tree);
  const auto expression = fhirpath::compile(GetParam().first);
  ASSERT_TRUE(expression) << expression.error().diagnostics;
  const auto answer = fhirpath::test(*expression, tree->root(), environment_with(known));
  if (!GetParam().second) {
    EXPECT_FALSE(answer) << "should be a fault";
  } else {
    ASSERT_TRUE(answer) << answer.error().diagnostics;
    EXPECT_EQ(*answer, GetParam().second);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Fhirpath, WithProfiles,
    testing::Values(std::pair("conformsTo('http://hl7.org/fhir/StructureDefinition/bp')", std::optional(true)),
                    std::pair("conformsTo('http://hl7.org/fhir/StructureDefinition/bodyweight')", std::optional(false)),
                    std::pair("conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')", std::optional(false)),
                    std::pair("conformsTo('https://elsewhere.example/unknown')", std::optional<bool>()),
                    std::pair("slice('http://hl7.org/fhir/StructureDefinition/bp', 'SystolicBP').value.value = 120",
                              std::optional(true)),
                    std::pair("slice('http://hl7.org/fhir/StructureDefinition/bp', 'DiastolicBP').count() = 1",
                              std::optional(true)),
                    std::pair("slice('http://hl7.org/fhir/StructureDefinition/bp', 'Third').exists()",
                              std::optional<bool>()),
                    std::pair("component.value.all(memberOf('http://hl7.org/fhir/ValueSet/ucum-vitals-common'))",
                              std::optional(true))));

}  // namespace
}  // namespace varde::fhir
