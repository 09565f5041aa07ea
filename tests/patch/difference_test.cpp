// Holds us to: the difference of two resources, applied as a patch to the first, gives the second.
#include <gtest/gtest.h>

#include <random>

#include "fhir-model/json/json.h"
#include "fhir-model/patch/difference.h"
#include "fhir-model/patch/fhirpath_patch.h"

namespace varde::fhir {
namespace {

Tree resource(std::string_view json) {
  auto tree = parse_json(json);
  if (!tree) throw std::runtime_error(tree.error().diagnostics + " at " + tree.error().expression);
  return std::move(*tree);
}

std::size_t operations(Element from, Element to) { return difference(from, to).root().count("parameter"); }

void expect_way(std::string_view from_json, std::string_view to_json) {
  const Tree from = resource(from_json), to = resource(to_json);
  Tree patch = difference(from.root(), to.root());
  const std::string shown = to_json.empty() ? "" : fhir::to_json(patch.root());
  const auto read = FhirPathPatch::parse(std::move(patch));
  ASSERT_TRUE(read) << read.error().diagnostics << "\n" << shown;
  const auto made = read->apply(from.root());
  ASSERT_TRUE(made) << made.error().diagnostics << "\n" << shown;
  EXPECT_EQ(fhir::to_json(made->root()), fhir::to_json(to.root())) << shown;
}

constexpr std::string_view kPairs[][2] = {
    {R"({"resourceType":"Patient","id":"1","active":true})", R"({"resourceType":"Patient","id":"1","active":false})"},
    {R"({"resourceType":"Patient","id":"1"})",
     R"({"resourceType":"Patient","id":"1","gender":"female","birthDate":"1950-02-01"})"},
    {R"({"resourceType":"Patient","id":"1","birthDate":"1950-02-01"})", R"({"resourceType":"Patient","id":"1"})"},
    {R"({"resourceType":"Patient","id":"1","name":[{"family":"A","given":["B","C"]},{"family":"D"}]})",
     R"({"resourceType":"Patient","id":"1","name":[{"family":"A","given":["B","X","C"]},{"text":"new"},{"family":"D"}]})"},
    {R"({"resourceType":"Patient","id":"1","name":[{"family":"A"},{"family":"B"},{"family":"C"}]})",
     R"({"resourceType":"Patient","id":"1","name":[{"family":"C"}]})"},
    {R"({"resourceType":"Patient","id":"1","deceasedBoolean":true})",
     R"({"resourceType":"Patient","id":"1","deceasedDateTime":"2026-01-01"})"},
    {R"({"resourceType":"Patient","id":"1","contact":[{"name":{"family":"A"}}]})",
     R"({"resourceType":"Patient","id":"1","contact":[{"name":{"family":"A"},"telecom":[{"system":"phone","value":"1"}]},{"name":{"family":"B"},"gender":"male"}]})"},
    {R"({"resourceType":"Observation","id":"1","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00,"unit":"kg"}})",
     R"({"resourceType":"Observation","id":"1","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.0,"unit":"kg"}})"},
    {R"({"resourceType":"Patient","id":"1","birthDate":"1950-02-01","_birthDate":{"extension":[{"url":"urn:x","valueString":"a"}]}})",
     R"({"resourceType":"Patient","id":"1","birthDate":"1950-02-02","_birthDate":{"extension":[{"url":"urn:x","valueString":"b"}]}})"},
    {R"({"resourceType":"Patient","id":"1","extension":[{"url":"urn:x","valueString":"a"}]})",
     R"({"resourceType":"Patient","id":"1","extension":[{"url":"urn:x","valueInteger":1},{"extension":[{"url":"in","valueCode":"z"}],"url":"urn:y"}]})"},
    {R"({"resourceType":"Observation","id":"1","status":"final","code":{"coding":[{"system":"urn:a","code":"1"}]},"component":[{"code":{"text":"x"},"valueInteger":1}]})",
     R"({"resourceType":"Observation","id":"1","status":"amended","code":{"coding":[{"system":"urn:a","code":"2"},{"system":"urn:b","code":"3"}]},"component":[{"code":{"text":"y"},"valueString":"2"}]})"},
};

TEST(Difference, is_a_patch_that_makes_the_one_of_the_other) {
  for (const auto& [a, b] : kPairs) {
    expect_way(a, b);
    expect_way(b, a);
    expect_way(a, a);
  }
}

TEST(Difference, is_as_small_as_what_changed) {
  const auto a = resource(kPairs[3][0]), b = resource(kPairs[3][1]);
  EXPECT_EQ(operations(a.root(), a.root()), 0u);
  EXPECT_EQ(operations(a.root(), b.root()), 2u) << to_json(difference(a.root(), b.root()).root());
  const auto one =
      resource(R"({"resourceType":"Patient","id":"1","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00Z"}})");
  const auto two =
      resource(R"({"resourceType":"Patient","id":"1","meta":{"versionId":"2","lastUpdated":"2026-01-02T00:00:00Z"}})");
  EXPECT_EQ(operations(one.root(), two.root()), 0u) << "what the server sets is no change";
}

/// Names put together and taken apart at random.
TEST(Difference, holds_for_lists_however_they_are_changed) {
  std::mt19937 random(20261126);
  const auto patient = [&] {
    std::string json = R"({"resourceType":"Patient","id":"1")";
    const auto count = random() % 5;
    for (std::size_t i = 0; i < count; ++i) {
      json += i == 0 ? R"(,"name":[)" : ",";
      json += R"({"family":")" + std::string(1, static_cast<char>('a' + random() % 3)) + '"';
      const auto given = random() % 4;
      for (std::size_t n = 0; n < given; ++n)
        json += (n == 0 ? R"(,"given":[")" : R"(,")") + std::string(1, static_cast<char>('x' + random() % 3)) + '"';
      json += given > 0 ? "]}" : "}";
    }
    return json + (count > 0 ? "]}" : "}");
  };
  for (int i = 0; i < 500; ++i) expect_way(patient(), patient());
}

}  // namespace
}  // namespace varde::fhir
