/// What nobody waits for any more is not worked out: a client that closes its connection frees the reader at once.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <list>
#include <thread>

#include "tests/http/support/world.h"

namespace varde::test {
namespace {

using namespace std::chrono_literals;

constexpr int kReaders = 4;  // of a World

World patient_world() {
  interaction::Limits limits;
  limits.request.time = 120s, limits.request.steps = 1'000'000'000'000, limits.request.bytes = 1u << 30;
  return World(World::Options{.limits = limits});
}

void put_many(const World& world) {
  std::string names, entries;
  for (int i = 0; i < 20; ++i) names += R"({"family":")" + std::string(90, 'a') + std::to_string(i) + "\"},";
  names.pop_back();
  for (int i = 0; i < 2000; ++i)
    entries += std::string(i > 0 ? "," : "") + R"({"resource":{"resourceType":"Patient","name":[)" + names +
               R"(]},"request":{"method":"POST","url":"Patient"}})";
  ASSERT_EQ(world.post("/fhir", R"({"resourceType":"Bundle","type":"transaction","entry":[)" + entries + "]}").status,
            200);
}

/// Looks through each of the names for thousands of words, in one statement.
std::string costly_search() {
  std::string form = "_summary=count&name:contains=b";
  for (int i = 0; i < 8000; ++i) form += ",b" + std::to_string(i);
  return "POST /fhir/Patient/_search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
         "Content-Length: " +
         std::to_string(form.size()) + "\r\n\r\n" + form;
}

TEST(AClientThatHasGone, leaves_no_search_behind_that_holds_a_reader) {
  const World world = patient_world();
  put_many(world);
  std::list<Client> clients;
  for (int i = 0; i < kReaders; ++i) clients.emplace_back(world.port()).send(costly_search());
  std::this_thread::sleep_for(100ms);
  auto waits = std::async(std::launch::async, [&] { return world.get("/fhir/Patient/nobody").status; });
  ASSERT_EQ(waits.wait_for(400ms), std::future_status::timeout) << clients.front().receive().body;
  clients.clear();
  EXPECT_EQ(waits.wait_for(1s), std::future_status::ready);
  EXPECT_EQ(waits.get(), 404);
}

}  // namespace
}  // namespace varde::test
