/// Operations, too, cost no more than a request may: http://hl7.org/fhir/issue-type#too-costly
#include <gtest/gtest.h>

#include "server/operation/operations.h"
#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

World world_with(interaction::Limits limits) {
  World::Options options{.limits = limits};
  for (const auto& table : {operation::resource_operations(), operation::terminology_operations()})
    options.operations.insert(options.operations.end(), table.begin(), table.end());
  return World(options);
}

void expect_too_costly(const Answer& answer, std::string_view setting) {
  EXPECT_EQ(answer.status, 422) << answer.body.substr(0, 500);
  EXPECT_EQ(json(answer.body, "issue[0].code"), "\"too-costly\"");
  EXPECT_NE(answer.body.find("(setting " + std::string(setting) + ")"), std::string::npos)
      << answer.body.substr(0, 500);
}

std::string patient(int names) {
  std::string out;
  for (int i = 0; i < names; ++i) out += std::string(i > 0 ? "," : "") + R"({"family":"a","given":["b"]})";
  return R"({"resourceType":"Patient","name":[)" + out + "]}";
}

std::string bundle(const std::string& type, int entries) {
  std::string out;
  for (int i = 0; i < entries; ++i)
    out += std::string(i > 0 ? "," : "") + R"({"resource":)" + patient(2) +
           R"(,"request":{"method":"POST","url":"Patient"}})";
  return R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)" + out + "]}";
}

TEST(OneBudgetOfARequest, ends_a_validation) {
  interaction::Limits limits;
  limits.request.steps = 300;
  World world = world_with(limits);
  EXPECT_EQ(world.post("/fhir/Patient/$validate", patient(2)).status, 200);
  expect_too_costly(world.post("/fhir/Patient/$validate", patient(200)), "request-steps");
  expect_too_costly(world.post("/fhir/Bundle/$validate", bundle("transaction", 50)), "request-steps");
}

TEST(OneBudgetOfARequest, lets_nothing_be_stored_whose_rules_were_not_all_checked) {
  interaction::Limits limits;
  limits.request.steps = 300;
  World world = world_with(limits);
  expect_too_costly(world.post("/fhir/Patient", patient(400)), "request-steps");
  expect_too_costly(world.post("/fhir", bundle("transaction", 100)), "request-steps");
  expect_too_costly(world.post("/fhir", bundle("batch", 100)), "request-steps");
  EXPECT_EQ(json(world.get("/fhir/Patient?_summary=count").body, "total"), "0");
  EXPECT_EQ(world.post("/fhir", bundle("transaction", 2)).status, 200);
}

TEST(OneBudgetOfARequest, ends_an_expansion) {
  interaction::Limits limits;
  limits.request.steps = 30;
  World world = world_with(limits);
  const std::string url = "/fhir/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/";
  EXPECT_EQ(world.get(url + "observation-status").status, 200);
  expect_too_costly(world.get(url + "resource-types"), "request-steps");
  expect_too_costly(world.post("/fhir/ValueSet/$expand", R"({"resourceType":"Parameters","parameter":[{"name":)"
                                                         R"("valueSet","resource":{"resourceType":"ValueSet",)"
                                                         R"("status":"active","compose":{"include":[{"system":)"
                                                         R"("http://hl7.org/fhir/resource-types"}]}}}]})"),
                    "request-steps");
}

}  // namespace
}  // namespace varde::test
