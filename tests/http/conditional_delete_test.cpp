/// https://hl7.org/fhir/R4/http.html#3.1.0.7.1: a conditional delete of several, where that is set.
#include <gtest/gtest.h>

#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

class ConditionalDelete : public testing::Test {
 protected:
  static World::Options three() {
    World::Options options;
    options.limits.most_deleted = 3;
    return options;
  }
  void store(int number) {
    for (int i = 0; i < number; ++i)
      world.put("/fhir/Basic/b" + std::to_string(i),
                R"({"resourceType":"Basic","id":"b)" + std::to_string(i) + R"(","code":{"coding":[{"code":"x"}]}})");
  }
  World world{three()};
};

TEST_F(ConditionalDelete, takes_all_that_match_and_says_how_many) {
  store(3);
  const Answer answer = world.ask("DELETE", "/fhir/Basic?code=x");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("3 resources were deleted."), std::string::npos) << answer.body;
  EXPECT_EQ(json(world.get("/fhir/Basic?_summary=count").body, "total"), "0");
  EXPECT_EQ(world.get("/fhir/Basic/b1").status, 410);
}

TEST_F(ConditionalDelete, takes_none_where_more_match_than_is_allowed) {
  store(4);
  EXPECT_EQ(world.ask("DELETE", "/fhir/Basic?code=x").status, 412);
  EXPECT_EQ(json(world.get("/fhir/Basic?_summary=count").body, "total"), "4");
}

TEST_F(ConditionalDelete, takes_none_where_one_of_them_may_not_go) {
  store(2);
  world.put("/fhir/Basic/b1", R"({"resourceType":"Basic","id":"b1","code":{"coding":[{"code":"x"}]}})");
  EXPECT_EQ(world.ask("DELETE", "/fhir/Basic?code=x", {{"If-Match", "W/\"1\""}}).status, 412);
  EXPECT_EQ(json(world.get("/fhir/Basic?_summary=count").body, "total"), "2");
}

TEST_F(ConditionalDelete, is_told_in_the_statement_of_capabilities) {
  EXPECT_NE(world.get("/fhir/metadata").body.find(R"("conditionalDelete":"multiple")"), std::string::npos);
}

}  // namespace
}  // namespace varde::test
