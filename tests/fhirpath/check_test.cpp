// Holds us to https://hl7.org/fhirpath/N1/#type-safety-and-strict-evaluation
#include <gtest/gtest.h>

#include "fhir-model/definitions/definitions.h"
#include "tests/fhirpath/support/answer.h"

namespace varde::fhirpath {
namespace {

/// Empty when the expression may be right for that type.
std::string problem(std::string_view type, std::string_view expression) {
  const auto compiled = compile(expression);
  if (!compiled) return compiled.error().diagnostics;
  const auto checked = check(*compiled, fhir::find_type(type));
  return checked ? "" : checked.error().diagnostics;
}

TEST(Check, finds_elements_that_a_type_does_not_have) {
  EXPECT_EQ(problem("Patient", "name.given1"), "FHIRPath: HumanName has no element given1 in FHIR R4, at character 6.");
  EXPECT_EQ(problem("Patient", "Encounter.status"),
            "FHIRPath: Patient has no element Encounter in FHIR R4, at character 1.");
  EXPECT_EQ(problem("Observation", "(value as Period).unit"),
            "FHIRPath: Period has no element unit in FHIR R4, at character 19.");
  EXPECT_EQ(problem("Observation", "Observation.valueQuantity.unit"),
            "FHIRPath: valueQuantity is written value in FHIRPath, with as(Quantity) where the type matters, at "
            "character 13.");
}

TEST(Check, finds_operands_that_can_never_meet) {
  EXPECT_EQ(problem("Patient", "identifier.startsWith('a')"),
            "FHIRPath: startsWith() takes a String, at character 12.");
  EXPECT_EQ(problem("Patient", "name.given.sqrt()"), "FHIRPath: sqrt() takes a number, at character 12.");
  EXPECT_EQ(problem("Patient", "iif('a', 1, 2)"), "FHIRPath: the criterion of iif() is a Boolean, at character 5.");
  EXPECT_NE(problem("Patient", "children().skip(1)"), "");
}

TEST(Check, allows_what_may_be) {
  for (const auto expression :
       {"contained.contained.empty()", "name.where(use = 'official').given.first()", "Resource.meta.lastUpdated",
        "extension('x').value.extension('y').value", "%resource.whatever", "descendants().reference",
        "birthDate.extension.url", "contact.relationship.coding.code", "deceased.ofType(boolean)",
        "name.select(given & ' ' & family)", "repeat(contact).name", "iif(active, name, contact.name).family",
        "generalPractitioner.resolve().name"})
    EXPECT_EQ(problem("Patient", expression), "") << expression;
}

TEST(Check, allows_repeat_to_find_what_only_deeper_places_have) {
  EXPECT_EQ(problem("QuestionnaireResponse", "repeat(item | answer).value"), "");
}

TEST(Check, allows_the_expression_of_every_search_parameter) {
  std::size_t checked = 0;
  for (const auto& row : fhir::search_parameters()) {
    if (row.expression.empty()) continue;
    EXPECT_EQ(problem(fhir::row_of(row.type).name, row.expression), "")
        << fhir::row_of(row.type).name << "?" << row.code;
    ++checked;
  }
  EXPECT_GT(checked, 1000u);
}

}  // namespace
}  // namespace varde::fhirpath
