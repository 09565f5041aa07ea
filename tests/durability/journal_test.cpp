// Holds us to: the journal feed misses nothing and gives nothing twice, whoever is killed when
// (server/followup/README.md, "Journal"). The real server is killed by SIGKILL while journal entries are written and
// two receivers read: one keeps its own cursor beside what it has, the other relies on what it has acknowledged here;
// both die between reading and keeping now and then.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fhir-model/json/json.h"
#include "tests/durability/support/server.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace varde::test;

constexpr int kKills = 12;

std::string entry(int number) {
  return R"({"resourceType":"Composition","status":"final","type":{"coding":[{"system":"http://loinc.org","code":"11506-3"}]},)"
         R"("category":[{"coding":[{"system":"https://varde.example/fhir/CodeSystem/journal-kind","code":"136"}]}],)"
         R"("subject":{"reference":"Patient/astrid"},"date":"2026-11-22","author":[{"display":"Anne"}],"title":"Samtale )" +
         std::to_string(number) + "\"}";
}

struct Written {
  std::mutex mutex;
  std::set<std::string> ids;  ///< of entries that the server has acknowledged
};

void write_entries(int port, std::atomic<int>& next, Written& written) {
  for (;;) {
    const auto answer = call(port, "POST", "/fhir/Composition", entry(next++));
    if (answer.status == 0) return;
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto begin = answer.location.find("Composition/") + 12;
    const std::lock_guard lock(written.mutex);
    written.ids.insert(answer.location.substr(begin, answer.location.find('/', begin) - begin));
  }
}

struct Page {
  std::vector<std::string> ids;
  std::string cursor;
  bool more = false;
};
/// nullopt: the server went away.
std::optional<Page> read(int port, const std::string& query) {
  const auto answer = call(port, "GET", "/followup/journal?_count=7&" + query);
  if (answer.status != 200) return std::nullopt;
  const auto bundle = varde::fhir::parse_json(answer.body);
  if (!bundle) return std::nullopt;
  Page page;
  page.cursor = bundle->root()["identifier"]["value"].value();
  page.more = static_cast<bool>(bundle->root()["link"]);
  for (const auto each : bundle->root().each("entry"))
    if (each["search"]["mode"].value() == "match") page.ids.emplace_back(each["resource"]["id"].value());
  return page;
}

/// What a receiver has on its own disk.
struct Receiver {
  std::string cursor = "0";
  std::vector<std::string> ids;
};

/// Keeps entries and cursor together, so that each comes once. false: the server went away.
bool step_by_own_cursor(int port, Receiver& receiver, bool dies) {
  auto page = read(port, "receiver=own&cursor=" + receiver.cursor);
  if (!page) return false;
  if (dies) return true;
  receiver.ids.insert(receiver.ids.end(), page->ids.begin(), page->ids.end());
  receiver.cursor = page->cursor;
  return true;
}

/// Keeps what it does not have, and says afterwards how far it has come.
bool step_by_acknowledgement(int port, std::set<std::string>& ids, bool dies) {
  const auto page = read(port, "receiver=acknowledging");
  if (!page) return false;
  if (dies) return true;
  ids.insert(page->ids.begin(), page->ids.end());
  return call(port, "POST", "/followup/journal/acknowledge",
              R"({"resourceType":"Parameters","parameter":[{"name":"receiver","valueString":"acknowledging"},)"
              R"({"name":"cursor","valueString":")" +
                  page->cursor + "\"}]}")
             .status == 200;
}

TEST(JournalFeed, misses_nothing_and_gives_nothing_twice_over_kills_on_both_sides) {
  const auto home = fs::temp_directory_path() / ("varde-journal-" + std::to_string(::getpid()));
  fs::create_directories(home);
  std::mt19937 random(20261122);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same kills each time
  Written written;
  std::atomic<int> next{0};
  Receiver own;
  std::set<std::string> acknowledging;

  for (int kill = 0; kill < kKills; ++kill) {
    Server server(home / "data", home / "log");
    std::vector<std::jthread> clients;
    for (int w = 0; w < 2; ++w) clients.emplace_back([&] { write_entries(server.port(), next, written); });
    clients.emplace_back([&, seed = random()] {
      std::mt19937 own_random(seed);
      while (step_by_own_cursor(server.port(), own, own_random() % 4 == 0)) {
      }
    });
    clients.emplace_back([&, seed = random()] {
      std::mt19937 own_random(seed);
      while (step_by_acknowledgement(server.port(), acknowledging, own_random() % 4 == 0)) {
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(20, 300)(random)));
    server.kill();
  }

  Server server(home / "data", home / "log");
  for (std::size_t before = SIZE_MAX; before != own.ids.size();) {
    before = own.ids.size();
    ASSERT_TRUE(step_by_own_cursor(server.port(), own, false));
  }
  for (auto page = read(server.port(), "receiver=acknowledging"); page && !page->ids.empty();
       page = read(server.port(), "receiver=acknowledging"))
    ASSERT_TRUE(step_by_acknowledgement(server.port(), acknowledging, false));

  const std::set<std::string> once(own.ids.begin(), own.ids.end());
  EXPECT_EQ(once.size(), own.ids.size()) << "nothing twice";
  EXPECT_EQ(once, acknowledging) << "both have the same";
  for (const auto& id : written.ids) EXPECT_TRUE(once.contains(id)) << "acknowledged, and not in the feed: " << id;
  EXPECT_GT(written.ids.size(), 100u) << "there was something to lose";
  fs::remove_all(home);
}

}  // namespace
