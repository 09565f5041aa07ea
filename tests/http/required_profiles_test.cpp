/// Profiles that every resource of a type must meet to be stored (setting required-profiles), and $validate with the
/// profiles that the server stores. Source: https://hl7.org/fhir/R4/resource-operation-validate.html
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "fhir-model/json/json.h"
#include "server/interaction/required_profiles.h"
#include "server/operation/operations.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

constexpr std::string_view kMeasurement = "https://varde.example/fhir/StructureDefinition/measurement";

std::string definition() {
  const char* source = std::getenv("VARDE_SOURCE");
  std::ifstream in(std::string(source ? source : ".") + "/conformance/followup/StructureDefinition-measurement.json");
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string weight(const std::string& subject, const std::string& code) {
  return R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},)" +
         subject + R"("effectiveDateTime":"2026-11-22T08:00:00+01:00","valueQuantity":{"value":81.5,"unit":"kg",)" +
         R"("system":"http://unitsofmeasure.org")" + code + "}}";
}
const std::string kOlav = R"("subject":{"reference":"Patient/olav"},)";
const std::string kKilos = R"(,"code":"kg")";

class RequiredProfile : public testing::Test {
 protected:
  RequiredProfile() {
    auto tree = fhir::parse_json(definition());
    EXPECT_TRUE(tree && known.add(std::move(*tree)));
    world.store->add_effect(required);
    EXPECT_EQ(world.put("/fhir/Patient/olav", R"({"resourceType":"Patient","id":"olav"})").status, 201);
  }
  int stored() const {
    const std::string body = world.get("/fhir/Observation?_total=accurate").body;
    int count = 0;
    for (std::size_t at = 0; (at = body.find("\"fullUrl\"", at)) != std::string::npos; ++at) ++count;
    return count;
  }

  World world;
  fhir::Profiles known;
  interaction::RequiredProfiles required{
      known, {{fhir::find_type("Observation"), fhir::Asked{.profiles = {std::string(kMeasurement)}}}}};
};

TEST_F(RequiredProfile, lets_in_what_meets_it) {
  EXPECT_EQ(world.post("/fhir/Observation", weight(kOlav, kKilos)).status, 201);
}

TEST_F(RequiredProfile, refuses_the_rest_with_every_reason_and_its_rule_and_stores_nothing) {
  const auto answer = world.post("/fhir/Observation", weight("", ""));
  EXPECT_EQ(answer.status, 422);  // the first finding's: measurement-2
  EXPECT_NE(answer.body.find("\"Observation.subject\""), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("\"Observation.valueQuantity.code\""), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("measurement-2"), std::string::npos) << answer.body;
  EXPECT_EQ(stored(), 0);
}

TEST_F(RequiredProfile, holds_in_a_transaction_which_then_leaves_nothing) {
  const auto entry = [](const std::string& resource, const std::string& type) {
    return R"({"resource":)" + resource + R"(,"request":{"method":"POST","url":")" + type + "\"}}";
  };
  const auto answer = world.post("/fhir", R"({"resourceType":"Bundle","type":"transaction","entry":[)" +
                                              entry(weight(kOlav, kKilos), "Observation") + "," +
                                              entry(weight(kOlav, ""), "Observation") + "]}");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(stored(), 0);
}

TEST_F(RequiredProfile, asks_nothing_of_other_types) {
  EXPECT_EQ(world.post("/fhir/Device", R"({"resourceType":"Device"})").status, 201);
}

class StoredProfile : public testing::Test {
 protected:
  static World::Options with_validate() {
    const auto operations = operation::resource_operations();
    return {.operations = {operations.begin(), operations.end()}};
  }
  Answer validate(const std::string& resource, const std::string& asked) const {
    return world.post("/fhir/Observation/$validate" + asked, resource);
  }
  World world{with_validate()};
  std::string query = "?profile=" + std::string(kMeasurement);
};

TEST_F(StoredProfile, is_used_by_validate) {
  EXPECT_NE(validate(weight(kOlav, ""), query).body.find("not known here"), std::string::npos);
  ASSERT_EQ(world.post("/fhir/StructureDefinition", definition()).status, 201);
  const auto wrong = validate(weight(kOlav, ""), query);
  EXPECT_EQ(wrong.status, 200);
  EXPECT_NE(wrong.body.find("\"Observation.valueQuantity.code\""), std::string::npos) << wrong.body;
  EXPECT_EQ(validate(weight(kOlav, kKilos), query).body.find("\"severity\":\"error\""), std::string::npos)
      << validate(weight(kOlav, kKilos), query).body;
}

}  // namespace
}  // namespace varde::test
