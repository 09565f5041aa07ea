// Holds us to: nothing acknowledged is lost, no effect happens twice (README, "What it keeps").
// The real server is killed by SIGKILL at random points while clients write Observations and messages come in by folder
// and by HTTP. Afterwards every acknowledged Observation must be there once, with its evaluation and its alert, and
// every message must have had exactly one effect and one AppRec.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "fhir-model/json/json.h"
#include "tests/durability/support/postgresql.h"
#include "tests/durability/support/server.h"
#include "tests/durability/support/traffic.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace varde::test;

constexpr int kKills = 60, kKillsOnServer = 15;
constexpr int kWriters = 3;

struct Acknowledged {
  std::mutex mutex;
  std::map<int, std::string> observations;  ///< number -> "Observation/id"
  std::vector<std::string> messages;        ///< MsgIds that were accepted by HTTP or lie whole in the folder
};

/// What the clients do until the server is gone.
void write_observations(int port, std::atomic<int>& next, Acknowledged& acknowledged) {
  for (;;) {
    const int number = next++;
    const Answer answer = call(port, "POST", "/fhir/Observation", observation(number));
    if (answer.status == 0) return;
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto id = answer.location.substr(answer.location.find("Observation/"));
    const std::lock_guard lock(acknowledged.mutex);
    acknowledged.observations[number] = id.substr(0, id.find("/_history"));
  }
}

void drop_messages(const fs::path& inbound, std::atomic<bool>& stop, std::atomic<int>& next,
                   Acknowledged& acknowledged) {
  while (!stop) {
    const auto id = uuid("f01d", next++);
    const auto hidden = inbound / ("." + id);
    std::ofstream(hidden) << referral(id);
    fs::rename(hidden, inbound / (id + ".xml"));
    {
      const std::lock_guard lock(acknowledged.mutex);
      acknowledged.messages.push_back(id);
    }
    std::this_thread::sleep_for(25ms);
  }
}

void post_messages(int port, std::atomic<int>& next, Acknowledged& acknowledged) {
  for (;;) {
    const auto id = uuid("4777", next++);
    const Answer answer = call(port, "POST", "/message", referral(id), "application/xml");
    if (answer.status == 0) return;
    ASSERT_EQ(answer.status, 202) << answer.body;
    {
      const std::lock_guard lock(acknowledged.mutex);
      acknowledged.messages.push_back(id);
    }
    std::this_thread::sleep_for(15ms);
  }
}

/// Until so many more of each have been acknowledged: however slow the machine is, each kill meets work under way.
void wait_for_more(Acknowledged& acknowledged, std::size_t observations, std::size_t messages) {
  const auto so_far = [&] {
    const std::lock_guard lock(acknowledged.mutex);
    return std::pair(acknowledged.observations.size(), acknowledged.messages.size());
  };
  const auto [had_observations, had_messages] = so_far();
  for (int i = 0; i < 30'000; ++i) {
    const auto now = so_far();
    if (now.first >= had_observations + observations && now.second >= had_messages + messages) return;
    std::this_thread::sleep_for(1ms);
  }
  ADD_FAILURE() << "nothing was acknowledged in 30 s";
}

void kill_and_count(const fs::path& home, int kills) {
  const fs::path data = home / "data", log = home / "log";
  std::mt19937 random(20261122);
  Acknowledged acknowledged;
  std::atomic<int> next_observation{0}, next_message{0};

  {
    Server server(data, log);
    enrol(server.port());
  }
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  for (int kill = 0; kill < kills; ++kill) {
    Server server(data, log);
    std::atomic<bool> stop{false};
    std::vector<std::jthread> clients;
    for (int w = 0; w < kWriters; ++w)
      clients.emplace_back([&] { write_observations(server.port(), next_observation, acknowledged); });
    clients.emplace_back([&] { post_messages(server.port(), next_message, acknowledged); });
    clients.emplace_back([&] { drop_messages(data / "messages/inbound", stop, next_message, acknowledged); });
    if (kill % 4 != 0) wait_for_more(acknowledged, 12, 6);
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(5, 100)(random)));
    server.kill();
    stop = true;
  }

  Server server(data, log);
  // Every accepted message gets its AppRec before the clock runs out.
  std::map<std::string, int> answers;
  for (int i = 0; i < 600; ++i) {
    answers = apprecs(data / "messages/outbound");
    if (std::ranges::all_of(acknowledged.messages, [&](const auto& id) { return answers.contains(id); })) break;
    std::this_thread::sleep_for(100ms);
  }
  std::printf("%d kills, %zu acknowledged Observations of %d sent, %zu messages\n", kills,
              acknowledged.observations.size(), next_observation.load(), acknowledged.messages.size());
  ASSERT_GT(acknowledged.observations.size(), 100u);
  ASSERT_GT(acknowledged.messages.size(), 50u);

  for (const auto& [number, reference] : acknowledged.observations) {
    const Answer answer = call(server.port(), "GET", "/fhir/" + reference);
    ASSERT_EQ(answer.status, 200) << reference << " was acknowledged and is gone";
    const auto stored = varde::fhir::parse_json(answer.body);
    ASSERT_TRUE(stored);
    EXPECT_TRUE(stored->root()["referenceRange"]) << reference << " has no limits";
    EXPECT_NE(answer.body.find("alert-level"), std::string::npos) << reference << " has no colour";
    EXPECT_EQ(count(server.port(), "Observation?identifier=urn:test:reading%7C" + std::to_string(number)), 1);
    EXPECT_EQ(count(server.port(), "DetectedIssue?implicated=" + reference), 1)
        << reference << " must have exactly one finding";
  }
  for (const auto& id : acknowledged.messages) {
    EXPECT_EQ(answers[id], 1) << "AppRecs for message " << id;
    EXPECT_EQ(count(server.port(), "Communication?identifier=urn:uuid:" + id), 1) << "effects of message " << id;
  }
  const int messages = static_cast<int>(acknowledged.messages.size());
  const int referrals = count(server.port(), "Task?code=receive-referral");
  // A message whose acknowledgement was cut off by the kill may have been stored all the same: never more than were
  // sent.
  EXPECT_GE(referrals, messages);
  EXPECT_LE(referrals, messages + kills);
  EXPECT_EQ(count(server.port(), "ServiceRequest?category=http://snomed.info/sct%7C3457005"), referrals);
  EXPECT_EQ(count(server.port(), "Patient?identifier=urn:oid:2.16.578.1.12.4.1.4.1%7C17854849808"), 1);

  server.kill();
}

class Sigkill : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(std::getenv("VARDE_BINARY")) << "VARDE_BINARY must name the server's binary";
    fs::create_directories(home / "data");
  }
  void TearDown() override {
    if (!HasFailure())
      fs::remove_all(home);
    else
      std::printf("left for inspection: %s\n", home.c_str());
  }
  const fs::path home = fs::path(testing::TempDir()) / ("varde-sigkill-" + std::to_string(getpid()));
};

TEST_F(Sigkill, loses_nothing_acknowledged_and_repeats_no_effect) { kill_and_count(home, kKills); }

TEST_F(Sigkill, loses_nothing_acknowledged_and_repeats_no_effect_on_postgresql) {
  const Postgresql database(home);
  database.write_settings(home / "data");
  kill_and_count(home, kKillsOnServer);
}

}  // namespace
