// The real server when it cannot write, when its directory goes, and when its own files are torn.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "tests/durability/support/server.h"

namespace varde::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* kPatient = R"({"resourceType":"Patient"})";

class Trouble : public ::testing::Test {
 protected:
  Trouble() { fs::create_directories(home); }
  ~Trouble() override { fs::remove_all(home); }
  std::string said() const {
    std::ostringstream text;
    text << std::ifstream(log).rdbuf();
    return text.str();
  }
  int total(int port) {
    const Answer answer = call(port, "GET", "/fhir/Patient?_summary=count");
    const auto at = answer.body.find("\"total\":");
    return at == std::string::npos ? -1 : std::atoi(answer.body.c_str() + at + 8);
  }
  int run(std::vector<std::string> arguments) { return Child(std::move(arguments), log).wait(); }

  const fs::path home = fs::path(testing::TempDir()) / ("varde-trouble-" + std::to_string(getpid()));
  const fs::path data = home / "data", log = home / "log";
};

TEST_F(Trouble, no_room_is_507_and_not_ready_and_what_was_acknowledged_stays) {
  { Server first(data, log); }
  Server server(data, log, 1u << 20);
  int kept = 0;
  Answer answer;
  const std::string large = R"({"resourceType":"Patient","name":[{"text":")" + std::string(50'000, 'a') + "\"}]}";
  for (int i = 0; i < 100; ++i) {
    answer = call(server.port(), "POST", "/fhir/Patient", large);
    if (answer.status != 201) break;
    ++kept;
  }
  EXPECT_EQ(answer.status, 507) << answer.body;
  EXPECT_NE(answer.retry_after, "");
  int ready = 0;  // what is left has room for a few pages more
  for (int i = 0; i < 200 && ready != 503; ++i) {
    kept += call(server.port(), "POST", "/fhir/Patient", kPatient).status == 201;
    ready = call(server.port(), "GET", "/ready").status;
  }
  EXPECT_EQ(ready, 503);
  EXPECT_EQ(call(server.port(), "GET", "/health").status, 200);
  EXPECT_EQ(total(server.port()), kept);
  server.child.signal(SIGTERM);
  EXPECT_EQ(server.child.wait(), 0);
}

TEST_F(Trouble, a_terminal_that_closes_ends_nothing) {
  Server server(data, log);
  server.child.signal(SIGHUP);
  server.child.signal(SIGXFSZ);
  EXPECT_EQ(call(server.port(), "POST", "/fhir/Patient", kPatient).status, 201);
  EXPECT_EQ(call(server.port(), "GET", "/ready").status, 200);
}

TEST_F(Trouble, a_directory_that_goes_stops_the_server_and_no_write_is_acknowledged_meanwhile) {
  Server server(data, log);
  ASSERT_EQ(call(server.port(), "POST", "/fhir/Patient", kPatient).status, 201);
  fs::rename(data, home / "moved");
  const int status = call(server.port(), "POST", "/fhir/Patient", kPatient).status;
  EXPECT_TRUE(status == 503 || status == 0) << status;  // 0: it has stopped already
  EXPECT_EQ(server.child.wait(), 1);
  EXPECT_THAT(said(), HasSubstr("was removed or replaced"));
}

TEST_F(Trouble, a_torn_cursor_key_stops_no_start) {
  { Server first(data, log); }
  fs::resize_file(data / "cursor.key", 7);
  Server server(data, log);
  EXPECT_EQ(call(server.port(), "GET", "/ready").status, 200);
  EXPECT_EQ(fs::file_size(data / "cursor.key"), 32u);
}

TEST_F(Trouble, a_port_in_use_is_said) {
  Server server(data, log);
  EXPECT_EQ(
      run({"serve", "--listen", "127.0.0.1:" + std::to_string(server.port()), "--data", (home / "other").string()}), 1);
  EXPECT_THAT(said(), HasSubstr("the port is in use"));
}

TEST_F(Trouble, a_backup_killed_anywhere_leaves_the_one_before_or_the_new_one) {
  Server server(data, log);
  for (int i = 0; i < 40; ++i) ASSERT_EQ(call(server.port(), "POST", "/fhir/Patient", kPatient).status, 201);
  const fs::path file = home / "backup.db", other = home / "restored";
  std::mt19937 random(20261126);
  int acknowledged = 40;
  for (int round = 0; round < 12; ++round) {
    Child backup({"backup", file.string(), "--data", data.string()}, log);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    backup.kill();
    acknowledged += call(server.port(), "POST", "/fhir/Patient", kPatient).status == 201;
    if (!fs::exists(file)) continue;
    ASSERT_EQ(run({"restore", file.string(), "--data", other.string(), "--replace"}), 0) << said();
  }
  ASSERT_EQ(run({"backup", file.string(), "--data", data.string()}), 0) << said();
  ASSERT_EQ(run({"restore", file.string(), "--data", other.string(), "--replace"}), 0) << said();
  Server restored(other, log);
  EXPECT_EQ(total(restored.port()), acknowledged);
}

TEST_F(Trouble, a_restore_killed_anywhere_leaves_the_old_store_or_the_new_one) {
  const fs::path file = home / "backup.db";
  {
    Server server(data, log);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(call(server.port(), "POST", "/fhir/Patient", kPatient).status, 201);
    ASSERT_EQ(run({"backup", file.string(), "--data", data.string()}), 0) << said();
    for (int i = 0; i < 5; ++i) ASSERT_EQ(call(server.port(), "POST", "/fhir/Patient", kPatient).status, 201);
  }
  std::mt19937 random(20261126);
  for (int round = 0; round < 12; ++round) {
    {
      Child restore({"restore", file.string(), "--data", data.string(), "--replace"}, log);
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
      restore.kill();
    }
    Server server(data, log);
    const int found = total(server.port());
    EXPECT_TRUE(found == 10 || found == 5) << found << said();
  }
}

}  // namespace
}  // namespace varde::test
