// A search that takes long is logged by the names of its parameters, never by what was searched for: setting
// slow-search.
#include <gmock/gmock.h>

#include "tests/http/support/world.h"

namespace varde::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

World::Options slow_from(std::chrono::milliseconds time) {
  World::Options options;
  options.slow_search = time;
  return options;
}

TEST(SlowSearch, is_told_by_type_and_parameters) {
  const World world(slow_from(std::chrono::milliseconds(0)));
  EXPECT_EQ(world.get("/fhir/Patient?identifier=urn:x%7C13894712345&name:contains=nordmann").status, 200);
  EXPECT_THAT(world.log(), HasSubstr("slow search: Patient by "));
  EXPECT_THAT(world.log(), HasSubstr("identifier"));
  EXPECT_THAT(world.log(), HasSubstr("name:contains"));
  EXPECT_THAT(world.log(), Not(HasSubstr("13894712345")));
  EXPECT_THAT(world.log(), Not(HasSubstr("nordmann")));
}

TEST(SlowSearch, by_post_too) {
  const World world(slow_from(std::chrono::milliseconds(0)));
  EXPECT_EQ(world
                .ask("POST", "/fhir/Patient/_search", {{"Content-Type", "application/x-www-form-urlencoded"}},
                     "family=nordmann")
                .status,
            200);
  EXPECT_THAT(world.log(), HasSubstr("slow search: Patient by family"));
  EXPECT_THAT(world.log(), Not(HasSubstr("nordmann")));
}

TEST(SlowSearch, a_name_that_may_hold_anything_is_not_repeated) {
  const World world(slow_from(std::chrono::milliseconds(0)));
  EXPECT_EQ(world.get("/fhir/Patient?13894712345=1").status, 400);
  EXPECT_THAT(world.log(), Not(HasSubstr("13894712345")));
}

TEST(SlowSearch, a_quick_one_and_a_read_are_not_told) {
  const World quick(slow_from(std::chrono::hours(1)));
  EXPECT_EQ(quick.get("/fhir/Patient").status, 200);
  EXPECT_THAT(quick.log(), Not(HasSubstr("slow search")));
  const World reading(slow_from(std::chrono::milliseconds(0)));
  EXPECT_EQ(reading.get("/fhir/Patient/nobody").status, 404);
  EXPECT_THAT(reading.log(), Not(HasSubstr("slow search")));
}

}  // namespace
}  // namespace varde::test
