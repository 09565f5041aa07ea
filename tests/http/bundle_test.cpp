/// Bundles beside the text cases: readings that are sent to the wrong address, and many entries at once.
#include <gtest/gtest.h>

#include <string>

#include "server/followup/followup.h"
#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

/// As Norwegian measurement senders post them (VKP).
std::string readings(const std::string& type) {
  const std::string request = type == "collection" ? "" : R"(,"request":{"method":"POST","url":"Observation"})";
  return R"({"resourceType":"Bundle","id":"b","type":")" + type +
         R"(","identifier":{"system":"urn:x","value":"42"},"entry":[{"fullUrl":"urn:uuid:006e8edb-5b90-4165-87cb-8d7f05954cc2",)"
         R"("resource":{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},)"
         R"("subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-11-25T08:15:57+01:00",)"
         R"("valueQuantity":{"value":82,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})" +
         request + "}]}";
}

class ReadingsInABundle : public ::testing::Test {
 protected:
  ReadingsInABundle() {
    world_.store->add_effect(followup_);
    world_.put("/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})");
  }
  std::size_t stored(const std::string& type) {
    return static_cast<std::size_t>(std::stoul(json(world_.get("/fhir/" + type + "?_summary=count").body, "total")));
  }
  followup::FollowUp followup_;
  World world_;
};

TEST_F(ReadingsInABundle, posted_as_a_bundle_resource_are_taken_as_the_collection_they_are) {
  const Answer answer = world_.post("/fhir/Bundle", readings("collection"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(text_at(answer.body, "entry[0].response.status"), "201 Created");
  EXPECT_EQ(stored("Observation"), 1u);
  EXPECT_EQ(stored("Bundle"), 0u);
  world_.post("/fhir/Bundle", readings("collection"));  // the same again
  EXPECT_EQ(stored("Observation"), 1u);
}

TEST_F(ReadingsInABundle, are_not_stored_unseen_in_any_other_way) {
  for (const std::string type : {"collection", "batch", "transaction"}) {
    EXPECT_EQ(world_.put("/fhir/Bundle/b", readings(type)).status, 422) << type;
    const Answer inner = world_.post("/fhir", R"({"resourceType":"Bundle","type":"batch","entry":[{"resource":)" +
                                                  readings(type) + R"(,"request":{"method":"POST","url":"Bundle"}}]})");
    EXPECT_EQ(text_at(inner.body, "entry[0].response.status"), "422") << inner.body;
  }
  EXPECT_EQ(stored("Bundle"), 0u);
  EXPECT_EQ(stored("Observation"), 0u);
}

TEST_F(ReadingsInABundle, a_document_may_hold_what_it_likes) {
  EXPECT_EQ(
      world_
          .post("/fhir/Bundle",
                R"({"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"http://x.example/Observation/1",)"
                R"("resource":{"resourceType":"Observation","id":"1","status":"final","code":{"text":"x"}}}]})")
          .status,
      201);
}

/// A batch leaves room in the writer's queue, and so never finds it full of its own entries.
TEST(Batch, of_more_entries_than_the_write_queue_holds_is_done_to_the_last) {
  World::Options options;
  options.write_queue = 300;
  World world(options);
  std::string body = R"({"resourceType":"Bundle","type":"batch","entry":[)";
  for (int i = 0; i < 2000; ++i)
    body += std::string(i ? "," : "") +
            R"({"resource":{"resourceType":"Basic","code":{"text":"x"}},"request":{"method":"POST","url":"Basic"}})";
  const Answer answer = world.post("/fhir", body + "]}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.find("\"status\":\"503\""), std::string::npos);
  EXPECT_EQ(json(world.get("/fhir/Basic?_summary=count").body, "total"), "2000");
}

}  // namespace
}  // namespace varde::test
