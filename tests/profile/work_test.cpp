/// A profile may come from anybody: what all of them together ask of a resource has an end, and the answer says so.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"

namespace varde::fhir {
namespace {

/// Each constraint compares everything with everything; none of them is too much by itself.
Tree profile_of(int constraints) {
  std::string text =
      R"({"resourceType":"StructureDefinition","url":"https://varde.example/p/costly","name":"Costly","status":"draft",)"
      R"("kind":"resource","abstract":false,"type":"Observation","derivation":"constraint",)"
      R"("baseDefinition":"http://hl7.org/fhir/StructureDefinition/Observation","differential":{"element":[)"
      R"({"id":"Observation","path":"Observation","constraint":[)";
  for (int i = 0; i < constraints; ++i)
    text.append(i == 0 ? "" : ",")
        .append(R"({"key":"c-)")
        .append(std::to_string(i))
        .append(R"(","severity":"error","human":"x","expression":"component.all(%resource.descendants().count() > )")
        .append(std::to_string(i % 10))
        .append(")\"}");
  auto tree = parse_json(text + "]}]}}");
  EXPECT_TRUE(tree) << tree.error().diagnostics;
  return std::move(*tree);
}

std::vector<Failure> checked(int constraints, int components) {
  Profiles known;
  EXPECT_TRUE(known.add(profile_of(constraints)));
  std::string text = R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"component":[)";
  for (int i = 0; i < components; ++i) text.append(i == 0 ? "" : ",").append(R"({"code":{"text":"x"}})");
  auto tree = parse_json(text + "]}");
  EXPECT_TRUE(tree);
  return validate(tree->root(), known, {.profiles = {"https://varde.example/p/costly"}});
}

bool says_too_much(const std::vector<Failure>& found) {
  return std::ranges::any_of(found, [](const Failure& one) { return one.fault == Fault::too_large; });
}

TEST(ProfileWork, of_a_reasonable_profile_is_done) { EXPECT_TRUE(checked(10, 100).empty()); }

TEST(ProfileWork, that_is_more_than_one_check_may_cost_is_left_and_told) {
  EXPECT_TRUE(says_too_much(checked(400, 1000)));
}

}  // namespace
}  // namespace varde::fhir
