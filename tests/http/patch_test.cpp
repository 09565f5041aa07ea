/// Patches that meet: https://hl7.org/fhir/R4/http.html#patch, #concurrency
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "fhir-model/json/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

constexpr int kClients = 4, kEach = 25;

TEST(PatchInteraction, loses_none_of_the_patches_that_arrive_at_once) {
  World world;
  ASSERT_EQ(world.put("/fhir/Patient/p", R"({"resourceType":"Patient","id":"p","name":[{"given":["first"]}]})").status,
            201);
  std::atomic<int> done = 0;
  std::vector<std::jthread> clients;
  for (int c = 0; c < kClients; ++c)
    clients.emplace_back([&, c] {
      Client client(world.port());
      for (int i = 0; i < kEach; ++i) {
        const std::string name = "n" + std::to_string(c) + "-" + std::to_string(i);
        done += client
                    .ask("PATCH", "/fhir/Patient/p", {{"Content-Type", "application/json-patch+json"}},
                         R"([{"op":"add","path":"/name/0/given/-","value":")" + name + R"("}])")
                    .status == 200;
      }
    });
  clients.clear();
  EXPECT_EQ(done, kClients * kEach);
  const auto patient = fhir::parse_json(world.get("/fhir/Patient/p").body);
  std::set<std::string_view> given;
  for (const fhir::Element name : patient->root()["name"].each("given")) given.insert(name.value());
  EXPECT_EQ(given.size(), kClients * kEach + 1u);
  EXPECT_EQ(patient->root()["meta"]["versionId"].value(), std::to_string(kClients * kEach + 1));
}

TEST(PatchInteraction, of_the_same_version_succeeds_for_one_client_only) {
  World world;
  ASSERT_EQ(world.put("/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})").status, 201);
  std::atomic<int> done = 0, refused = 0;
  std::vector<std::jthread> clients;
  for (int c = 0; c < kClients; ++c)
    clients.emplace_back([&] {
      Client client(world.port());
      const int status = client
                             .ask("PATCH", "/fhir/Patient/p",
                                  {{"Content-Type", "application/json-patch+json"}, {"If-Match", "W/\"1\""}},
                                  R"([{"op":"add","path":"/active","value":true}])")
                             .status;
      done += status == 200, refused += status == 412;
    });
  clients.clear();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(refused, kClients - 1);
}

}  // namespace
}  // namespace varde::test
