// The real server where memory and threads are refused now and then: it answers what it can, loses nothing that it has
// acknowledged, and is whole again afterwards.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/durability/support/server.h"

namespace varde::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AnyOf;

constexpr int kEntries = 5;

class NoMemory : public ::testing::Test {
 protected:
  NoMemory() {
    fs::create_directories(home);
    const fs::path library = home / "no_memory.so";  // a path without the blanks that LD_PRELOAD is parted at
    fs::create_symlink(VARDE_NO_MEMORY, library);
    ::setenv("LD_PRELOAD", library.c_str(), 1);
    server.emplace(home / "data", home / "log");
    ::unsetenv("LD_PRELOAD");
  }
  ~NoMemory() override {
    server.reset();
    if (HasFailure()) std::cerr << std::ifstream(home / "log").rdbuf();
    fs::remove_all(home);
  }

  static std::string bundle(const std::string& type) {
    std::string entries;
    for (int i = 0; i < kEntries; ++i)
      entries += std::string(i > 0 ? "," : "") +
                 R"({"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}})";
    return R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)" + entries + "]}";
  }
  /// Clients that each come anew for every Bundle. How many transactions were acknowledged.
  int flood(std::chrono::milliseconds time) {
    std::atomic<int> acknowledged = 0;
    {
      std::vector<std::jthread> clients;
      for (int i = 0; i < 16; ++i)
        clients.emplace_back([&, i] {
          const std::string body = bundle(i % 4 == 0 ? "batch" : "transaction");
          for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
            const Answer answer = call(server->port(), "POST", "/fhir", body);
            EXPECT_THAT(answer.status, AnyOf(0, 200, 503, 507)) << answer.body;
            if (i % 4 != 0 && answer.status == 200) ++acknowledged;
          }
        });
    }
    return acknowledged;
  }
  int stored() {
    const Answer answer = call(server->port(), "GET", "/fhir/Patient?_summary=count");
    const auto at = answer.body.find("\"total\":");
    return at == std::string::npos ? -1 : std::atoi(answer.body.c_str() + at + 8);
  }
  bool is_healthy_again() {  // the signal that ends the trouble takes its time to arrive
    for (int i = 0; i < 50; ++i) {
      if (call(server->port(), "GET", "/health").status == 200) return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }
  bool comes_to_one_connection() {
    for (int i = 0; i < 100; ++i) {
      if (call(server->port(), "GET", "/metrics").body.find("varde_http_connections 1\n") != std::string::npos)
        return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }

  const fs::path home = fs::path(testing::TempDir()) / ("varde-no-memory-" + std::to_string(getpid()));
  std::optional<Server> server;
};

TEST_F(NoMemory, a_server_refused_memory_and_threads_keeps_what_it_acknowledged_serves_again_and_stops) {
  server->child.signal(SIGUSR2);
  const int acknowledged = flood(3s);
  ASSERT_TRUE(server->child.runs());
  server->child.signal(SIGUSR2);
  EXPECT_TRUE(is_healthy_again());
  EXPECT_EQ(call(server->port(), "POST", "/fhir/Patient", R"({"resourceType":"Patient"})").status, 201);
  EXPECT_GE(stored(), acknowledged * kEntries);
  EXPECT_GT(flood(300ms), 0);
  EXPECT_TRUE(comes_to_one_connection()) << call(server->port(), "GET", "/metrics").body;

  server->child.signal(SIGTERM);
  auto ended = std::async(std::launch::async, [&] { return server->child.wait(); });
  if (ended.wait_for(5s) != std::future_status::ready) {
    ADD_FAILURE() << "a thread has never come back";
    server->child.signal(SIGKILL);
  }
  EXPECT_EQ(ended.get(), 0);
}

}  // namespace
}  // namespace varde::test
