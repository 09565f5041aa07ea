// The database server is stopped at once and started again while the real server runs under load: what is asked for
// meanwhile is answered 503, what was acknowledged is there, and nobody has to restart anything.
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/durability/support/postgresql.h"
#include "tests/durability/support/server.h"

namespace varde::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kRounds = 3, kWriters = 4;
constexpr const char* kPatient = R"({"resourceType":"Patient"})";

class PostgresqlStops : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(home); }
  void TearDown() override { fs::remove_all(home); }

  /// Creates until told to stop; what was acknowledged is noted, and every other answer.
  void write(int port, const std::atomic<bool>& stop) {
    while (!stop) {
      const Answer answer = call(port, "POST", "/fhir/Patient", kPatient);
      const std::lock_guard lock(mutex);
      if (answer.status != 201)
        others.insert(answer.status);
      else
        acknowledged.insert(answer.location.substr(answer.location.find("/fhir/"),
                                                   answer.location.find("/_history") - answer.location.find("/fhir/")));
    }
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return acknowledged.size();
  }

  const fs::path home = fs::path(testing::TempDir()) / ("varde-postgresql-" + std::to_string(getpid()));
  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::multiset<int> others;
};

TEST_F(PostgresqlStops, is_answered_503_meanwhile_and_loses_nothing_acknowledged) {
  const Postgresql database(home);
  database.write_settings(home / "data");
  Server server(home / "data", home / "log");
  const int port = server.port();
  std::atomic<bool> stop = false;
  std::vector<std::jthread> writers;
  for (int i = 0; i < kWriters; ++i) writers.emplace_back([&] { write(port, stop); });
  for (int round = 0; round < kRounds; ++round) {
    const auto before = count();
    while (count() < before + 20) std::this_thread::sleep_for(5ms);
    database.crash();
    EXPECT_EQ(call(port, "GET", "/fhir/Patient?_count=1").status, 503);
    EXPECT_EQ(call(port, "GET", "/ready").status, 503);
    EXPECT_EQ(call(port, "GET", "/health").status, 200);
    const Answer refused = call(port, "POST", "/fhir/Patient", kPatient);
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.retry_after, "");
    database.resume();
    for (int i = 0; i < 200 && call(port, "GET", "/ready").status != 200; ++i) std::this_thread::sleep_for(50ms);
    EXPECT_EQ(call(port, "GET", "/ready").status, 200);
    EXPECT_EQ(call(port, "POST", "/fhir/Patient", kPatient).status, 201);
  }
  stop = true;
  writers.clear();
  EXPECT_THAT(others, ::testing::Each(503));
  EXPECT_GT(others.size(), 0u);
  for (const auto& path : acknowledged) EXPECT_EQ(call(port, "GET", path).status, 200) << path;
  EXPECT_TRUE(server.child.runs());
}

}  // namespace
}  // namespace varde::test
