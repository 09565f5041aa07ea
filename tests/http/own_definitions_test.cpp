/// Our own conformance resources are served, searched and validated against, and nobody changes them; what this server
/// does not do is not stored as if it did.
#include <gtest/gtest.h>

#include <string>

#include "server/interaction/unfulfilled.h"
#include "server/operation/operations.h"
#include "server/operation/own_definitions.h"
#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

constexpr const char* kMeasurement = "https://varde.example/fhir/StructureDefinition/measurement";

World::Options with_operations() {
  World::Options options;
  for (const auto some : {operation::resource_operations(), operation::terminology_operations()})
    options.operations.insert(options.operations.end(), some.begin(), some.end());
  return options;
}

class OwnDefinitions : public ::testing::Test {
 protected:
  OwnDefinitions() : world_(with_operations()) {
    world_.store->add_effect(own_);
    world_.store->add_effect(unfulfilled_);
    EXPECT_TRUE(own_.add_to(world_.profiles));
    world_.context->supported_profiles = own_.profiles();
    publish();
  }
  void publish() { EXPECT_TRUE(own_.publish(*world_.repository)); }

  operation::OwnDefinitions own_;
  interaction::Unfulfilled unfulfilled_;
  World world_;
};

TEST_F(OwnDefinitions, are_read_and_found_by_their_urls) {
  EXPECT_EQ(text_at(world_.get("/fhir/StructureDefinition/measurement").body, "url"), kMeasurement);
  for (const std::string type : {"StructureDefinition", "OperationDefinition", "CodeSystem", "ConceptMap"})
    EXPECT_GE(size_at(world_.get("/fhir/" + type + "?url:below=https://varde.example/fhir").body, "entry"), 1u) << type;
}

TEST_F(OwnDefinitions, are_published_once) {
  publish();
  EXPECT_EQ(text_at(world_.get("/fhir/StructureDefinition/measurement").body, "meta.versionId"), "1");
}

TEST_F(OwnDefinitions, are_changed_and_deleted_by_nobody) {
  const std::string target = "/fhir/CodeSystem/alert-level";
  EXPECT_EQ(world_.put(target, world_.get(target).body).status, 422);
  EXPECT_EQ(world_.ask("DELETE", target).status, 422);
  EXPECT_EQ(world_
                .ask("PATCH", target, {{"Content-Type", "application/json-patch+json"}},
                     R"([{"op":"add","path":"/status","value":"retired"}])")
                .status,
            422);
  EXPECT_EQ(text_at(world_.get(target).body, "meta.versionId"), "1");
}

TEST_F(OwnDefinitions, stand_in_the_capability_statement) {
  const auto body = world_.get("/fhir/metadata").body;
  EXPECT_NE(body.find(std::string("\"supportedProfile\":[\"") + kMeasurement), std::string::npos);
  EXPECT_EQ(body.find("versioned-update"), std::string::npos);
  EXPECT_NE(body.find("\"searchRevInclude\":["), std::string::npos);
}

TEST_F(OwnDefinitions, are_what_a_resource_is_validated_against) {
  const auto answer = world_.post(std::string("/fhir/Observation/$validate?profile=") + kMeasurement,
                                  R"({"resourceType":"Observation","status":"final","code":{"text":"x"}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.find("not known here"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("\"severity\":\"error\""), std::string::npos) << answer.body;
}

TEST_F(OwnDefinitions, an_extension_url_that_is_nearly_ours_is_told_from_others) {
  const auto validate = [&](const std::string& url) {
    return world_
        .post(
            "/fhir/ServiceRequest/$validate",
            R"({"resourceType":"ServiceRequest","status":"active","intent":"plan","subject":{"reference":"Patient/1"},)"
            R"("extension":[{"url":")" +
                url + R"(","valueString":"x"}]})")
        .body;
  };
  const std::string asks = "Is https://varde.example/fhir/StructureDefinition/limit-source meant?";
  EXPECT_NE(validate("https://varde.example/fhir/StructureDefinition/limit-sorce").find(asks), std::string::npos);
  EXPECT_NE(validate("https://varde.example/fhir/StructureDefinition/limit-soucre").find(asks), std::string::npos);
  EXPECT_EQ(validate("https://other.example/fhir/StructureDefinition/limit-source").find("meant?"), std::string::npos);
}

TEST_F(OwnDefinitions, a_subscription_is_kept_as_off_with_the_reason) {
  const auto answer = world_.post(
      "/fhir/Subscription", R"({"resourceType":"Subscription","status":"active","reason":"x","criteria":"Observation",)"
                            R"("channel":{"type":"rest-hook","endpoint":"https://example.org"}})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(text_at(answer.body, "status"), "off");
  EXPECT_NE(text_at(answer.body, "error"), "");
}

}  // namespace
}  // namespace varde::test
