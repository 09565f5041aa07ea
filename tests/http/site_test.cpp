/// What a page in somebody's browser may not do: reach us under a name that is not ours, or change anything here.
#include <gtest/gtest.h>

#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

class OtherSite : public ::testing::Test {
 protected:
  int status(const std::string& method, const std::string& host, const Headers& headers = {}) {
    Client client(world.port());
    std::string text = method + " /fhir/Patient HTTP/1.1\r\nHost: " + host + "\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    if (method == "POST") text += "Content-Type: application/fhir+json\r\nContent-Length: 26\r\n";
    client.send(text + "\r\n" + (method == "POST" ? R"({"resourceType":"Patient"})" : ""));
    return client.receive().status;
  }
  World world;
};

TEST_F(OtherSite, is_not_answered_under_a_name_that_is_not_ours) {
  for (const char* host : {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example"})
    EXPECT_EQ(status("GET", host), 421) << host;
  for (const char* host :
       {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "10.1.2.3", "varde.test", "x:80"})
    EXPECT_EQ(status("GET", host), 200) << host;
  Client client(world.port());
  client.send("GET http://evil.example/fhir/Patient HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 421);
  EXPECT_EQ(text_at(answer.body, "issue[0].details.coding[0].code"), "misdirected");
}

TEST_F(OtherSite, is_told_of_health_under_any_name) {
  Client client(world.port());
  client.send("GET /health HTTP/1.1\r\nHost: probe.cluster\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(OtherSite, writes_nothing) {
  EXPECT_EQ(status("POST", "localhost", {{"Origin", "https://evil.example"}}), 403);
  EXPECT_EQ(status("POST", "localhost", {{"Origin", "null"}}), 403);
  EXPECT_EQ(status("POST", "localhost:8080", {{"Origin", "http://localhost:3000"}}), 403) << "another program's page";
  EXPECT_EQ(status("POST", "localhost", {{"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(status("POST", "localhost", {{"Sec-Fetch-Site", "same-site"}}), 403);
  EXPECT_EQ(text_at(world.get("/fhir/Patient").body, "total"), "0");
}

TEST_F(OtherSite, is_what_our_own_pages_and_programs_without_pages_are_not) {
  EXPECT_EQ(status("POST", "localhost:8080", {{"Origin", "http://localhost:8080"}}), 201);
  EXPECT_EQ(status("POST", "varde.test", {{"Origin", "http://varde.test"}, {"Sec-Fetch-Site", "same-origin"}}), 201);
  EXPECT_EQ(status("POST", "localhost"), 201);
  EXPECT_EQ(status("GET", "localhost", {{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}}), 200);
}

}  // namespace
}  // namespace varde::test
