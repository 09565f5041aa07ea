/// Issue section 5: three fictitious patients with 90 days of measurements.
#include "server/demo/patients.h"

#include <map>

#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

TEST(DemoPatients, shows_three_patients_with_90_days_mostly_green_and_one_open_alert) {
  World world;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(demo::load_patients(world.repository()).value());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));

  EXPECT_EQ(world.all("Patient").size(), 3u);
  EXPECT_EQ(world.all("EpisodeOfCare").size(), 3u);
  EXPECT_EQ(world.all("CarePlan").size(), 3u);
  std::map<std::string, int> levels;
  for (const auto& tree : world.all("Observation")) ++levels[std::string(code(level_of(tree.root()).value()))];
  EXPECT_GT(levels["green"], 900);
  EXPECT_EQ(levels["red"], 1);
  EXPECT_GE(levels["yellow"], 5);
  EXPECT_LE(levels["yellow"], 20);
  EXPECT_EQ(levels["grey"], 0);

  std::map<std::string, int> tasks;
  for (const auto& tree : world.all("Task")) ++tasks[std::string(tree.root()["status"].value())];
  EXPECT_EQ(tasks, (std::map<std::string, int>{{"completed", 1}, {"requested", 1}}))
      << "history does not flood the worklist";
  EXPECT_TRUE(world.red_alerts.empty());
  for (const auto& row : world.measurements("nils", "http://loinc.org|29463-7")) EXPECT_LE(row.time, world.now());
}

TEST(DemoPatients, is_not_written_twice) {
  World world;
  ASSERT_TRUE(demo::load_patients(world.repository()).value());
  EXPECT_FALSE(demo::load_patients(world.repository()).value());
  EXPECT_EQ(world.all("Patient").size(), 3u);
}

TEST(DemoPatients, never_comes_among_the_patients_of_a_directory_in_use) {
  World world;
  world.create(R"({"resourceType":"Patient"})", "kari");
  EXPECT_FALSE(demo::load_patients(world.repository()).value());
  EXPECT_EQ(world.all("Patient").size(), 1u);
}

}  // namespace
}  // namespace varde::followup::test
