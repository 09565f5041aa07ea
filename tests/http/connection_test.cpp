/// Connections and their limits: RFC 9112, and what a stranger may try.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

constexpr const char* kPatient = R"({"resourceType":"Patient"})";

World::Options small() {
  World::Options out;
  out.wire.body_bytes = 10'000, out.wire.header_bytes = 4'000, out.wire.url_bytes = 1'000;
  out.wire.header_count = 20;
  out.wire.idle = std::chrono::seconds(5), out.wire.header = std::chrono::seconds(1),
  out.wire.body = std::chrono::seconds(1);
  return out;
}

class Connection : public ::testing::Test {
 protected:
  World world{small()};
};

TEST_F(Connection, stays_open_for_the_next_request) {
  Client client(world.port());
  EXPECT_EQ(client.ask("GET", "/health").status, 200);
  EXPECT_EQ(client.ask("POST", "/fhir/Patient", {{"Content-Type", "application/json"}}, kPatient).status, 201);
  EXPECT_EQ(client.ask("GET", "/fhir/Patient").status, 200);
}

TEST_F(Connection, closes_when_the_client_asks_for_it) {
  Client client(world.port());
  const Answer answer = client.ask("GET", "/health", {{"Connection", "close"}});
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Connection, answers_pipelined_requests_in_order) {
  Client client(world.port());
  const std::string one = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", two = "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(one + two + one);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.receive().status, 404);
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(Connection, invites_a_body_that_waits_for_100_continue) {
  Client client(world.port());
  client.send(
      "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: "
      "100-continue\r\nContent-Length: 26\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  client.send(kPatient);
  EXPECT_EQ(client.receive().status, 201);
}

TEST_F(Connection, refuses_a_large_body_before_it_is_sent) {
  Client client(world.port());
  client.send(
      "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: "
      "100-continue\r\nContent-Length: 10001\r\n\r\n");
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(text_at(answer.body, "issue[0].code"), "too-long");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Connection, reads_a_chunked_body) {
  Client client(world.port());
  client.send(
      "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\n{\"res\r\n15;name=value\r\nourceType\":\"Patient\"}\r\n0\r\nTrailer: x\r\n\r\n"
      "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive().status, 201);
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(Connection, stops_a_chunked_body_at_the_limit) {
  Client client(world.port());
  client.send("POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(Connection, refuses_what_could_smuggle_a_second_request) {
  const std::string head = "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\n";
  for (const std::string_view headers :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: +3\r\n", "Content-Length: 3, 3\r\n", "Content-Length : 3\r\n", "X: a\r\n folded\r\n"}) {
    Client client(world.port());
    client.send(head + std::string(headers) + "\r\nabc");
    EXPECT_EQ(client.receive().status, 400) << headers;
    EXPECT_TRUE(client.closed_by_server()) << headers;
  }
}

TEST_F(Connection, says_which_limit_a_header_broke) {
  const auto status = [&](const std::string& text) {
    Client client(world.port());
    client.send(text);
    return client.receive().status;
  };
  std::string many = "GET /health HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 20; ++i) many += "A: b\r\n";
  EXPECT_EQ(status(many + "\r\n"), 431);
  EXPECT_EQ(status("GET /health HTTP/1.1\r\nHost: x\r\nA: " + std::string(4000, 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(status("GET /" + std::string(1001, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
  EXPECT_EQ(status("GET /" + std::string(100'000, 'a')), 414);
  EXPECT_EQ(status("GET /health HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(status("GET /health HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status("hello\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"), 501);
}

TEST_F(Connection, does_not_wait_for_ever_for_a_slow_sender) {
  Client header(world.port()), body(world.port());
  header.send("GET /health HTTP/1.1\r\nHo");
  body.send("POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{");
  EXPECT_EQ(header.receive().status, 408);
  EXPECT_EQ(body.receive().status, 408);
  EXPECT_EQ(text_at(world.get("/fhir/Patient").body, "total"), "0");
}

/// Threads of this process that serve connections.
std::ptrdiff_t serving_threads() {
  const auto serves = [](const std::filesystem::directory_entry& task) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    return name == "http";
  };
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::count_if(begin(tasks), end(tasks), serves);
}

TEST(Connections, that_are_silent_have_no_thread_and_are_served_when_they_speak) {
  World::Options options;
  options.slots = {.all = 16, .spare = 1};
  World world(options);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<Client>(world.port()));
    if (i % 2 == 0) {
      EXPECT_EQ(clients.back()->ask("GET", "/fhir/Patient").status, 200);
    }
  }
  for (const auto& client : clients) EXPECT_EQ(client->ask("GET", "/fhir/Patient").status, 200);
  EXPECT_LE(serving_threads(), 17);
  EXPECT_NE(world.get("/metrics").body.find("varde_http_connections 201\n"), std::string::npos);
}

TEST(Connections, over_what_may_be_open_take_the_place_of_who_was_silent_longest) {
  World::Options options;
  options.open = {.all = 3, .of_one_address = 3};
  World world(options);
  Client served(world.port()), silent(world.port());
  EXPECT_EQ(served.ask("GET", "/fhir/Patient").status, 200);
  Client newer(world.port());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  Client newest(world.port());
  EXPECT_EQ(newest.ask("GET", "/fhir/Patient").status, 200);
  EXPECT_EQ(silent.receive().status, 503);
  EXPECT_TRUE(silent.closed_by_server());
  EXPECT_EQ(newer.ask("GET", "/fhir/Patient").status, 200);
  EXPECT_EQ(served.ask("GET", "/fhir/Patient").status, 200);
}

TEST(Connections, that_were_served_just_now_give_way_to_nobody) {
  World::Options options;
  options.open = {.all = 2, .of_one_address = 2};
  World world(options);
  Client first(world.port()), second(world.port());
  EXPECT_EQ(first.ask("GET", "/health").status, 200);
  EXPECT_EQ(second.ask("GET", "/health").status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until neither has a thread
  Client third(world.port());
  const Answer answer = third.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  EXPECT_EQ(first.ask("GET", "/health").status, 200);
  EXPECT_EQ(second.ask("GET", "/health").status, 200);
}

TEST(Connections, of_one_address_are_never_all_that_may_be_open) {
  World::Options options;
  options.open = {.all = 4};
  World world(options);
  std::vector<std::unique_ptr<Client>> served;
  for (int i = 0; i < 3; ++i) {
    served.push_back(std::make_unique<Client>(world.port()));
    EXPECT_EQ(served.back()->ask("GET", "/health").status, 200);
  }
  EXPECT_EQ(Client(world.port()).receive().status, 503);
}

TEST(Connections, are_closed_when_they_have_been_silent_too_long) {
  World::Options options;
  options.wire.idle = std::chrono::milliseconds(100);
  World world(options);
  Client never(world.port()), served(world.port());
  EXPECT_EQ(served.ask("GET", "/health").status, 200);
  EXPECT_TRUE(never.closed_by_server());
  EXPECT_TRUE(served.closed_by_server());
}

/// Connections that take a slot each and never ask for anything.
std::vector<std::unique_ptr<Client>> silent_clients(const World& world, int count, const std::string& sent) {
  std::vector<std::unique_ptr<Client>> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(std::make_unique<Client>(world.port()));
    out.back()->send(sent);
  }
  return out;
}

TEST(Connections, that_send_nothing_keep_nobody_out) {
  World::Options options;
  options.slots = {.all = 8, .spare = 2};
  World world(options);
  Client served(world.port());
  EXPECT_EQ(served.ask("GET", "/health").status, 200);
  for (const char* sent : {"", "GET /health HTTP/1.1\r\nHo",
                           "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n{"}) {
    const auto silent = silent_clients(world, 40, sent);
    EXPECT_EQ(world.get("/health").status, 200) << sent;
    EXPECT_EQ(world.post("/fhir/Patient", kPatient).status, 201) << sent;
    EXPECT_EQ(served.ask("GET", "/fhir/Patient").status, 200) << "was served before: " << sent;
  }
}

/// An operation that works until it is let go.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_for(int inside) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= inside; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

TEST(Connections, all_at_work_still_leave_room_for_a_health_check) {
  Gate gate;
  World::Options options;
  options.slots = {.all = 3, .of_one_address = 3, .spare = 1};
  options.plain.push_back({"GET", "/work", [&gate](const auto&) -> Result<interaction::Response> {
                             gate.pass();
                             return interaction::Response{};
                           }});
  World world(options);
  std::vector<std::jthread> working;
  for (int i = 0; i < 3; ++i) working.emplace_back([&] { EXPECT_EQ(world.get("/work").status, 200); });
  gate.wait_for(3);
  EXPECT_EQ(world.get("/health").status, 200);
  const Answer busy = world.get("/fhir/Patient");
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.headers.at("retry-after"), "1");
  gate.open();
}

TEST(Connections, get_an_answer_that_finds_no_memory_refused_unless_it_tells_of_a_write) {
  World::Options options;
  options.memory_bytes = 200'000;
  for (const char* method : {"GET", "POST"})
    options.plain.push_back({method, "/large", [](const auto&) -> Result<interaction::Response> {
                               interaction::Response out;
                               out.body = std::string(300'000, ' ');
                               return out;
                             }});
  World world(options);
  const Answer refused = world.get("/large");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(world.ask("POST", "/large").body.size(), 300'000u);
  EXPECT_EQ(world.get("/health").status, 200);
}

TEST(Connections, of_thirty_clients_that_conditionally_create_the_same_make_one) {
  World world;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 30; ++i)
    clients.emplace_back([&] {
      const Answer answer =
          world.ask("POST", "/fhir/Patient",
                    {{"Content-Type", "application/fhir+json"}, {"If-None-Exist", "identifier=urn:test|1"}},
                    R"({"resourceType":"Patient","identifier":[{"system":"urn:test","value":"1"}]})");
      EXPECT_TRUE(answer.status == 200 || answer.status == 201) << answer.status;
    });
  clients.clear();
  EXPECT_EQ(text_at(world.get("/fhir/Patient").body, "total"), "1");
}

TEST(Connections, under_way_are_answered_when_the_server_stops) {
  World world;
  Client idle(world.port());
  EXPECT_EQ(idle.ask("GET", "/health").status, 200);
  std::jthread writer([&] { EXPECT_EQ(world.post("/fhir/Patient", kPatient).status, 201); });
  writer.join();
  const auto begin = std::chrono::steady_clock::now();
  world.server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_TRUE(idle.closed_by_server());
}

TEST(Unexpected, errors_are_answered_with_a_reference_that_the_log_holds_too) {
  World::Options options;
  options.operations.push_back({.methods = "POST",
                                .pattern = "$break",
                                .handler = [](const interaction::Request&, const interaction::View&,
                                              const interaction::Context&) -> Result<interaction::Response> {
                                  throw std::runtime_error("a table is missing");
                                },
                                .doing = interaction::Doing::read,
                                .definition = "urn:test"});
  World world(options);
  const Answer answer = world.post("/fhir/$break", R"({"resourceType":"Parameters"})");
  EXPECT_EQ(answer.status, 500);
  const std::string said = text_at(answer.body, "issue[0].diagnostics");
  const std::string reference = said.substr(said.size() - 16);
  EXPECT_NE(world.log().find(reference), std::string::npos) << world.log();
  EXPECT_EQ(answer.body.find("a table is missing"), std::string::npos);
  EXPECT_EQ(world.get("/fhir/$break").status, 405);
}

}  // namespace
}  // namespace varde::test
