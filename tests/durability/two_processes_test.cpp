// Two real servers on one PostgreSQL database: whatever is asked of either is answered as if there were one, nothing
// that was acknowledged is lost, nothing happens twice, and when one of them is killed the other goes on.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "fhir-model/json/json.h"
#include "server/storage/postgresql/connection.h"
#include "tests/durability/support/postgresql.h"
#include "tests/durability/support/server.h"
#include "tests/durability/support/traffic.h"

namespace varde::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::UnorderedElementsAre;

constexpr const char* kJson = "application/fhir+json";
constexpr const char* kBasic = R"({"resourceType":"Basic","id":"x","code":{"text":"c"}})";

std::string patient(const std::string& value, const std::string& family = "Bjørnås") {
  return R"({"resourceType":"Patient","identifier":[{"system":"urn:test:person","value":")" + value +
         R"("}],"name":[{"family":")" + family + R"("}]})";
}

/// Creates that patient unless it is there, and a reading of it.
std::string transaction(const std::string& value, int number) {
  return R"({"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":)" +
         patient(value) + R"(,"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=urn:test:person|)" +
         value +
         R"("}},{"resource":{"resourceType":"Observation","status":"final","identifier":[{"system":"urn:test:reading","value":")" +
         std::to_string(number) +
         R"("}],"code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"}},"request":{"method":"POST","url":"Observation"}}]})";
}

std::string path_of(const Answer& answer) {
  const auto begin = answer.location.find("/fhir/");
  return answer.location.substr(begin, answer.location.find("/_history") - begin);
}

class TwoProcesses : public ::testing::Test {
 protected:
  /// Both at once, each what `ask` says for it; several rounds, each of which both begin together.
  template <class Ask>
  std::vector<std::array<Answer, 2>> race(int rounds, Ask&& ask) {
    std::vector<std::array<Answer, 2>> answers(static_cast<std::size_t>(rounds));
    std::barrier together(2);
    const auto run = [&](std::size_t which) {
      for (int round = 0; round < rounds; ++round) {
        together.arrive_and_wait();
        answers[static_cast<std::size_t>(round)].at(which) = ask(ports.at(which), round, which);
      }
    };
    std::jthread other([&] { run(1); });
    run(0);
    other.join();
    return answers;
  }

  const fs::path home = [] {
    const auto made = fs::path(testing::TempDir()) / ("varde-two-" + std::to_string(getpid()));
    fs::create_directories(made);
    return made;
  }();
  struct Cleared {
    const fs::path& home;
    ~Cleared() { fs::remove_all(home); }
  } cleared{home};
  const Postgresql database{home};
  const bool configured = [this] {
    database.write_settings(home / "a");
    database.write_settings(home / "b");
    return true;
  }();
  Server a{home / "a", home / "log-a"}, b{home / "b", home / "log-b"};
  const std::array<int, 2> ports{a.port(), b.port()};
};

TEST_F(TwoProcesses, create_at_the_same_time_and_see_each_others_at_once) {
  constexpr int kRounds = 150;
  const auto answers = race(kRounds, [&](int port, int round, std::size_t which) {
    const Answer made =
        call(port, "POST", "/fhir/Patient", patient(std::to_string(round) + "-" + std::to_string(which)));
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(call(ports.at(1 - which), "GET", path_of(made)).status, 200) << "acknowledged here, not seen there";
    return made;
  });
  std::set<std::string> paths;
  for (const auto& each : answers) paths.insert(path_of(each[0])), paths.insert(path_of(each[1]));
  EXPECT_EQ(paths.size(), 2u * kRounds);
  for (const int port : ports) {
    EXPECT_EQ(count(port, "Patient?family=bj"), 2 * kRounds);
    EXPECT_EQ(count(port, "Patient?identifier=urn:test:person%7C7-1"), 1);
  }
}

TEST_F(TwoProcesses, conditional_creates_make_one) {
  constexpr int kRounds = 60;
  const auto answers = race(kRounds, [&](int port, int round, std::size_t) {
    const std::string value = std::to_string(round);
    return call(port, "POST", "/fhir/Patient", patient(value), kJson,
                {{"If-None-Exist", "identifier=urn:test:person|" + value}});
  });
  for (const auto& each : answers)
    EXPECT_THAT((std::vector{each[0].status, each[1].status}), UnorderedElementsAre(200, 201)) << each[0].body;
  EXPECT_EQ(count(ports[0], "Patient?family=bj"), kRounds);
}

TEST_F(TwoProcesses, of_two_updates_of_one_version_one_is_refused) {
  constexpr int kRounds = 60;
  ASSERT_EQ(call(ports[0], "PUT", "/fhir/Basic/x", kBasic).status, 201);
  const auto answers = race(kRounds, [&](int port, int round, std::size_t which) {
    const std::string language = which == 0 ? "nb" : "nn";
    return call(port, "PUT", "/fhir/Basic/x",
                R"({"resourceType":"Basic","id":"x","code":{"text":"c"},"language":")" + language + "\"}", kJson,
                {{"If-Match", "W/\"" + std::to_string(round + 1) + "\""}});
  });
  for (const auto& each : answers)
    EXPECT_THAT((std::vector{each[0].status, each[1].status}), UnorderedElementsAre(200, 412)) << each[0].body;
  EXPECT_NE(call(ports[1], "GET", "/fhir/Basic/x").body.find("\"versionId\":\"61\""), std::string::npos);
}

/// Of one of Patient/p0 … p3, with that id and value.
std::string reading(const std::string& id, int patient, int value, const std::string& more = {}) {
  return R"({"resourceType":"Observation","id":")" + id + R"(","status":"final",)" + more +
         R"("code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient/p)" +
         std::to_string(patient) + R"("},"effectiveDateTime":"2026-11-22T10:00:00+01:00","valueQuantity":{"value":)" +
         std::to_string(value) + R"(,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})";
}

TEST_F(TwoProcesses, of_two_updates_of_a_patients_reading_one_is_refused) {
  constexpr int kRounds = 60;
  ASSERT_EQ(call(ports[0], "PUT", "/fhir/Observation/x", reading("x", 0, 95)).status, 201);
  const auto answers = race(kRounds, [&](int port, int round, std::size_t which) {
    return call(port, "PUT", "/fhir/Observation/x", reading("x", 0, 90 + static_cast<int>(which)), kJson,
                {{"If-Match", "W/\"" + std::to_string(round + 1) + "\""}});
  });
  for (const auto& each : answers)
    EXPECT_THAT((std::vector{each[0].status, each[1].status}), UnorderedElementsAre(200, 412)) << each[0].body;
  EXPECT_NE(call(ports[1], "GET", "/fhir/Observation/x").body.find("\"versionId\":\"61\""), std::string::npos);
}

TEST_F(TwoProcesses, readings_of_different_patients_keep_their_versions_and_times) {
  constexpr int kRounds = 60;
  enrol(ports[0]);
  race(kRounds, [&](int port, int, std::size_t which) {
    const std::string id = which == 0 ? "a" : "b";
    const Answer made = call(port, "PUT", "/fhir/Observation/" + id, reading(id, static_cast<int>(which), 95));
    EXPECT_TRUE(made.status == 200 || made.status == 201) << made.body;
    return made;
  });
  const auto history = fhir::parse_json(call(ports[0], "GET", "/fhir/Observation/_history?_count=200").body);
  ASSERT_TRUE(history);
  std::vector<std::string> times;
  for (const auto entry : history->root().each("entry"))
    times.emplace_back(entry["resource"]["meta"]["lastUpdated"].value());
  EXPECT_EQ(times.size(), 2u * kRounds);
  EXPECT_TRUE(std::is_sorted(times.rbegin(), times.rend()));
}

TEST_F(TwoProcesses, who_follows_a_history_by_time_misses_nothing) {
  enrol(ports[0]);
  std::atomic<bool> stop = false;
  std::vector<std::jthread> writers;
  std::array<int, 2> written{};
  for (const std::size_t which : {0u, 1u})
    writers.emplace_back([&, which] {
      for (int i = 0; !stop; ++i)
        if (call(ports.at(which), "POST", "/fhir/Observation", reading("x", static_cast<int>(which), 95)).status == 201)
          ++written.at(which);
    });
  std::set<std::string> seen;
  std::string since = "2000-01-01T00:00:00Z";
  const auto follow = [&] {
    const auto page = fhir::parse_json(
        call(ports[1], "GET", "/fhir/Observation/_history?_count=1000&_sort=_lastUpdated&_since=" + since).body);
    ASSERT_TRUE(page);
    for (const auto entry : page->root().each("entry")) {
      seen.emplace(entry["resource"]["id"].value());
      since = entry["resource"]["meta"]["lastUpdated"].value();
    }
  };
  const auto until = std::chrono::steady_clock::now() + 3s;
  while (std::chrono::steady_clock::now() < until) follow();
  stop = true;
  writers.clear();
  for (int i = 0; i < 20; ++i) follow();
  EXPECT_EQ(static_cast<int>(seen.size()), written[0] + written[1]);
  EXPECT_GT(seen.size(), 50u);
}

TEST_F(TwoProcesses, a_reading_is_judged_by_the_limits_that_the_other_was_told_of) {
  ASSERT_EQ(call(ports[0], "PUT", "/fhir/Patient/p0", R"({"resourceType":"Patient","id":"p0"})").status, 201);
  const auto limits = [&](int port, int red_below) {
    const auto zone = [](const char* name, const std::string& bounds) {
      return R"({"url":"https://varde.example/fhir/StructureDefinition/limit","extension":[{"url":"zone","valueCode":")" +
             std::string(name) + "\"}," + bounds + "]}";
    };
    const auto bound = [](const char* name, int value) {
      return R"({"url":")" + std::string(name) + R"(","valueQuantity":{"value":)" + std::to_string(value) +
             R"(,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})";
    };
    const Answer made = call(
        port, "PUT", "/fhir/ServiceRequest/l",
        R"({"resourceType":"ServiceRequest","id":"l","status":"active","intent":"order","subject":{"reference":"Patient/p0"},)"
        R"("code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"extension":[)" +
            zone("red", bound("high", red_below)) + "," + zone("green", bound("low", red_below)) + "]}");
    ASSERT_TRUE(made.status == 200 || made.status == 201) << made.body;
  };
  for (int round = 0; round < 30; ++round) {
    const bool is_red = round % 3 != 0;
    limits(ports.at(static_cast<std::size_t>(round) % 2), is_red ? 90 : 70);
    const Answer judged =
        call(ports.at(1 - static_cast<std::size_t>(round) % 2), "POST", "/fhir/Observation", reading("x", 0, 80));
    EXPECT_EQ(judged.status, 201);
    EXPECT_EQ(judged.body.find("\"LL\"") != std::string::npos, is_red) << round << judged.body;
  }
}

TEST_F(TwoProcesses, no_update_is_lost) {
  constexpr int kRounds = 60;
  ASSERT_EQ(call(ports[0], "PUT", "/fhir/Basic/x", kBasic).status, 201);
  race(kRounds, [&](int port, int, std::size_t) {
    const Answer made = call(port, "PUT", "/fhir/Basic/x", kBasic);
    EXPECT_EQ(made.status, 200) << made.body;
    return made;
  });
  EXPECT_EQ(call(ports[1], "GET", "/fhir/Basic/x/_history/121").status, 200);
  EXPECT_EQ(call(ports[1], "GET", "/fhir/Basic/x/_history/122").status, 404);
  const auto history = fhir::parse_json(call(ports[0], "GET", "/fhir/Basic/x/_history?_count=200").body);
  ASSERT_TRUE(history);
  std::vector<std::string> times;
  for (const auto entry : history->root().each("entry"))
    times.emplace_back(entry["resource"]["meta"]["lastUpdated"].value());
  EXPECT_EQ(times.size(), 121u);
  EXPECT_TRUE(std::is_sorted(times.rbegin(), times.rend())) << "newest first by version, and by time";
}

TEST_F(TwoProcesses, transactions_that_want_the_same_patient_share_it) {
  constexpr int kRounds = 40;
  const auto answers = race(kRounds, [&](int port, int round, std::size_t which) {
    return call(port, "POST", "/fhir", transaction(std::to_string(round), round * 2 + static_cast<int>(which)));
  });
  for (const auto& each : answers) EXPECT_TRUE(each[0].status == 200 && each[1].status == 200) << each[0].body;
  EXPECT_EQ(count(ports[0], "Patient?family=bj"), kRounds);
  for (int round = 0; round < kRounds; ++round)
    EXPECT_EQ(count(ports[1], "Observation?subject:Patient.identifier=urn:test:person%7C" + std::to_string(round)), 2);
}

TEST_F(TwoProcesses, every_reading_has_one_finding_and_one_alert) {
  enrol(ports[0]);
  constexpr int kRounds = 40;
  race(kRounds, [&](int port, int round, std::size_t which) {
    const Answer made = call(port, "POST", "/fhir/Observation", observation(round * 2 + static_cast<int>(which)));
    EXPECT_EQ(made.status, 201) << made.body;
    return made;
  });
  EXPECT_EQ(count(ports[0], "Observation?identifier=urn:test:reading%7C"), 2 * kRounds);
  EXPECT_EQ(count(ports[1], "DetectedIssue?status=final"), 2 * kRounds);
  EXPECT_EQ(count(ports[0], "Task?code=alert"), 2 * kRounds) << "as on one process";
}

/// So many AppRecs went out for each message, by either.
std::map<std::string, int> answers_of_both(const fs::path& home) {
  auto answers = apprecs(home / "a/messages/outbound");
  for (const auto& [id, number] : apprecs(home / "b/messages/outbound")) answers[id] += number;
  return answers;
}

TEST_F(TwoProcesses, a_message_has_one_effect_and_one_answer) {
  constexpr int kRounds = 15;
  race(kRounds, [&](int port, int round, std::size_t which) {
    const Answer taken =
        call(port, "POST", "/message", referral(uuid(which == 0 ? "aaaa" : "bbbb", round)), "application/xml");
    EXPECT_EQ(taken.status, 202) << taken.body;
    return taken;
  });
  // The same message at both: one of them is told that it is a duplicate.
  const auto doubled = race(kRounds, [&](int port, int round, std::size_t) {
    return call(port, "POST", "/message", referral(uuid("cccc", round)), "application/xml");
  });
  for (const auto& each : doubled) EXPECT_TRUE(each[0].status == 202 && each[1].status == 202);
  for (int i = 0; i < 200 && answers_of_both(home).size() < 3 * kRounds; ++i) std::this_thread::sleep_for(50ms);
  std::this_thread::sleep_for(1s);  // whatever comes twice
  const auto answers = answers_of_both(home);
  EXPECT_EQ(answers.size(), 3u * kRounds);
  for (int round = 0; round < kRounds; ++round)
    for (const char* kind : {"aaaa", "bbbb"}) EXPECT_EQ(answers.at(uuid(kind, round)), 1);
  for (int round = 0; round < kRounds; ++round)
    EXPECT_EQ(count(ports[0], "Communication?identifier=urn:uuid:" + uuid("cccc", round)), 1);
  EXPECT_EQ(count(ports[1], "Task?code=receive-referral"), 3 * kRounds);
}

TEST_F(TwoProcesses, when_one_is_killed_the_other_goes_on_and_takes_over_its_duties) {
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::multiset<int> others;
  std::vector<std::jthread> writers;
  for (const int port : ports)
    writers.emplace_back([&, port] {
      while (!stop) {
        const Answer made = call(port, "POST", "/fhir/Patient", patient("x"));
        const std::lock_guard lock(mutex);
        if (made.status == 201)
          acknowledged.insert(path_of(made));
        else if (port == ports[1])
          others.insert(made.status);
      }
    });
  const auto wait_for_more = [&] {
    const auto number = [&] { return std::lock_guard(mutex), acknowledged.size(); };
    const auto enough = number() + 20;
    for (int i = 0; i < 600 && number() < enough; ++i) std::this_thread::sleep_for(50ms);
    return number() >= enough;
  };
  EXPECT_TRUE(wait_for_more());
  a.kill();  // which began first, and has the duties
  const auto then = std::chrono::steady_clock::now();
  EXPECT_EQ(call(ports[1], "POST", "/fhir/Patient", patient("after")).status, 201);
  EXPECT_LT(std::chrono::steady_clock::now() - then, 5s);
  EXPECT_TRUE(wait_for_more()) << "the one that lives no longer writes";
  stop = true;
  writers.clear();
  EXPECT_THAT(others, ::testing::IsEmpty()) << "the one that lives refused";
  for (const auto& path : acknowledged) EXPECT_EQ(call(ports[1], "GET", path).status, 200) << path;
  ASSERT_EQ(call(ports[1], "POST", "/message", referral(uuid("dddd", 1)), "application/xml").status, 202);
  for (int i = 0; i < 200 && answers_of_both(home).empty(); ++i) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(answers_of_both(home)[uuid("dddd", 1)], 1);
  Server again(home / "a", home / "log-a");
  EXPECT_EQ(call(again.port(), "POST", "/fhir/Patient", patient("again")).status, 201);
}

TEST_F(TwoProcesses, a_link_of_one_is_followed_at_the_other) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(call(ports[0], "POST", "/fhir/Patient", patient("p")).status, 201);
  const auto page = fhir::parse_json(call(ports[0], "GET", "/fhir/Patient?_count=2").body);
  ASSERT_TRUE(page);
  std::string next;
  for (const auto link : page->root().each("link"))
    if (link["relation"].value() == "next") next = link["url"].value();
  ASSERT_NE(next, "");
  const Answer second = call(ports[1], "GET", next.substr(next.find("/fhir/")));
  EXPECT_EQ(second.status, 200) << second.body;
}

TEST_F(TwoProcesses, a_write_that_a_deadlock_ended_is_done_again) {
  storage::Health health;
  storage::postgresql::Connection operators(database.url(), storage::postgresql::Access::read, health);
  operators.script("SET deadlock_timeout = '1h'");  // so that the server ends ours, and not the operator's
  operators.script("BEGIN");
  operators.script("LOCK TABLE resource IN SHARE ROW EXCLUSIVE MODE");
  for (const char* body : {"", "transaction"}) {
    SCOPED_TRACE(body);
    Answer made;
    std::jthread client([&] {
      made = *body == 0 ? call(ports[0], "POST", "/fhir/Patient", patient("a"))
                        : call(ports[0], "POST", "/fhir", transaction("b", 1));
    });
    std::this_thread::sleep_for(300ms);
    // Waits for ours, as ours waits for this one.
    operators.script("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/everything', 0))");
    operators.script("COMMIT");
    client.join();
    EXPECT_EQ(made.status, *body == 0 ? 201 : 200) << made.body;
    operators.script("BEGIN");
    operators.script("LOCK TABLE resource IN SHARE ROW EXCLUSIVE MODE");
  }
  operators.script("ROLLBACK");
  EXPECT_EQ(count(ports[1], "Patient?family=bj"), 2);
  EXPECT_EQ(count(ports[1], "Observation?identifier=urn:test:reading%7C1"), 1);
  EXPECT_EQ(call(ports[0], "GET", "/ready").status, 200);
}

}  // namespace
}  // namespace varde::test
