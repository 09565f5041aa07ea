// Holds us to: a search parameter that is defined here answers no search before every resource is indexed, and all of
// them afterwards, whenever the server is killed and whatever is written meanwhile (server/search/README.md).
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <thread>

#include "tests/durability/support/postgresql.h"
#include "tests/durability/support/server.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace varde::test;

constexpr int kPatients = 4000, kPerBundle = 500;

std::string patient(int number, char status) {
  return R"({"resourceType":"Patient","id":"p)" + std::to_string(number) + R"(","maritalStatus":{"coding":[{"code":")" +
         status + R"("}]}})";
}

std::string parameter(const std::string& status) {
  return R"({"resourceType":"SearchParameter","id":"marital","url":"urn:m","name":"M","status":")" + status +
         R"(","description":"x","code":"marital","base":["Patient"],"type":"token","expression":"Patient.maritalStatus"})";
}

void store_patients(int port) {
  for (int first = 0; first < kPatients; first += kPerBundle) {
    std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
    for (int i = first; i < first + kPerBundle; ++i)
      bundle += (i == first ? "" : ",") + (R"({"resource":)" + patient(i, 'M')) +
                R"(,"request":{"method":"PUT","url":"Patient/p)" + std::to_string(i) + R"("}})";
    ASSERT_EQ(call(port, "POST", "/fhir", bundle + "]}").status, 200);
  }
}

/// Patients that a search by the parameter finds, over all pages; nothing where it answers that it is not ready.
std::optional<std::set<std::string>> found(int port, char status) {
  std::set<std::string> out;
  std::string next = std::string("/fhir/Patient?_count=1000&marital=") + status;
  static const std::regex kId("\"resourceType\":\"Patient\",\"id\":\"(p[0-9]+)\""),
      kNext("\"relation\":\"next\",\"url\":\"http://[^/]*([^\"]*)\"");
  while (!next.empty()) {
    const Answer page = call(port, "GET", next);
    if (page.status == 503 || page.status == 0) return std::nullopt;
    EXPECT_EQ(page.status, 200) << page.body;
    for (std::sregex_iterator i(page.body.begin(), page.body.end(), kId), end; i != end; ++i) out.insert((*i)[1]);
    std::smatch link;
    next = std::regex_search(page.body, link, kNext) ? link[1].str() : std::string();
  }
  return out;
}

void kills_while_indexing(const fs::path& home, int kills) {
  std::map<int, char> held;  // as acknowledged
  std::set<int> unknown;     // written when the server went away
  {
    Server server(home / "data", home / "log");
    store_patients(server.port());
  }
  for (int i = 0; i < kPatients; ++i) held[i] = 'M';
  std::mt19937 random(20261127);
  bool defined = false;
  int incomplete = 0;
  for (int round = 0; round < kills; ++round) {
    Server server(home / "data", home / "log");
    if (!defined) defined = call(server.port(), "PUT", "/fhir/SearchParameter/marital", parameter("active")).status > 0;
    std::thread writer([&, seed = random()] {
      std::mt19937 own(seed);
      while (true) {
        const int number = static_cast<int>(own() % (kPatients + 200));
        const char status = own() % 2 == 0 ? 'S' : 'M';
        const int answer =
            call(server.port(), "PUT", "/fhir/Patient/p" + std::to_string(number), patient(number, status)).status;
        if (answer == 0) {
          unknown.insert(number);
          return;
        }
        held[number] = status, unknown.erase(number);
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(5, 120)(random)));
    incomplete += !found(server.port(), 'S').has_value();
    server.kill();
    writer.join();
  }
  EXPECT_GT(incomplete, 0) << "the kills came while there was something to index";

  Server server(home / "data", home / "log");
  std::optional<std::set<std::string>> single, married;
  for (int time = 0; time < 600 && !(single = found(server.port(), 'S')); ++time) std::this_thread::sleep_for(100ms);
  ASSERT_TRUE(single);
  married = found(server.port(), 'M');
  ASSERT_TRUE(married);
  for (const auto& [number, status] : held) {
    if (unknown.contains(number)) continue;
    const std::string id = "p" + std::to_string(number);
    EXPECT_EQ(single->contains(id), status == 'S') << id;
    EXPECT_EQ(married->contains(id), status == 'M') << id;
  }
  ASSERT_EQ(call(server.port(), "PUT", "/fhir/SearchParameter/marital", parameter("retired")).status, 200);
  EXPECT_EQ(call(server.port(), "GET", "/fhir/Patient?marital=S").status, 400);
}

TEST(Indexing, a_new_parameter_finds_all_that_is_there_over_kills_and_writes) {
  const fs::path home = fs::temp_directory_path() / ("varde-indexing-" + std::to_string(::getpid()));
  fs::create_directories(home);
  kills_while_indexing(home, 12);
  fs::remove_all(home);
}

TEST(Indexing, the_same_on_a_server_of_its_own) {
  const fs::path home = fs::temp_directory_path() / ("varde-indexing-pg-" + std::to_string(::getpid()));
  fs::create_directories(home);
  {
    const Postgresql database(home);
    database.write_settings(home / "data");
    kills_while_indexing(home, 4);
  }
  fs::remove_all(home);
}

}  // namespace
