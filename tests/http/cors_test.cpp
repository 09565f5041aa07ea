// Holds us to: pages of named sites may call us from a browser, others may not; OPTIONS says what an address takes.
// https://fetch.spec.whatwg.org/#http-cors-protocol, RFC 9110 9.3.7
#include <gtest/gtest.h>

#include "tests/http/support/world.h"

namespace varde::test {
namespace {

constexpr const char* kApp = "https://app.example.no";

World::Options friends() {
  World::Options options;
  options.origins = {kApp};
  return options;
}

TEST(Cors, a_page_of_a_named_site_may_read_the_answer) {
  const World world(friends());
  const auto answer = world.ask("GET", "/fhir/Patient", {{"Origin", kApp}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), kApp);
  EXPECT_NE(answer.headers.at("access-control-expose-headers").find("ETag"), std::string::npos);
  EXPECT_EQ(answer.headers.count("access-control-allow-credentials"), 0u) << "tokens, never cookies";
}

TEST(Cors, and_write) {
  const World world(friends());
  const auto answer =
      world.ask("POST", "/fhir/Patient",
                {{"Origin", kApp}, {"Content-Type", "application/fhir+json"}, {"Sec-Fetch-Site", "cross-site"}},
                R"({"resourceType":"Patient"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), kApp);
}

TEST(Cors, an_error_can_be_read_too) {
  const World world(friends());
  const auto answer = world.ask("GET", "/fhir/Patient/nobody", {{"Origin", kApp}});
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), kApp);
}

TEST(Cors, a_browser_that_asks_beforehand_is_told_methods_and_headers) {
  const World world(friends());
  const auto answer = world.ask(
      "OPTIONS", "/fhir/Patient/1",
      {{"Origin", kApp}, {"Access-Control-Request-Method", "PUT"}, {"Access-Control-Request-Headers", "if-match"}});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), kApp);
  for (const auto* method : {"GET", "PUT", "PATCH", "DELETE"})
    EXPECT_NE(answer.headers.at("access-control-allow-methods").find(method), std::string::npos) << method;
  EXPECT_NE(answer.headers.at("access-control-allow-headers").find("Authorization"), std::string::npos);
}

TEST(Cors, nobody_else_gets_anything) {
  const World world(friends());
  for (const auto* origin :
       {"https://evil.example", "https://app.example.no.evil.example", "http://app.example.no", "null"}) {
    const auto read = world.ask("GET", "/fhir/Patient", {{"Origin", origin}});
    EXPECT_EQ(read.headers.count("access-control-allow-origin"), 0u) << origin;
    EXPECT_EQ(read.headers.at("vary"), "Origin");
    const auto asked =
        world.ask("OPTIONS", "/fhir/Patient", {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}});
    EXPECT_EQ(asked.headers.count("access-control-allow-methods"), 0u) << origin;
    EXPECT_EQ(world
                  .ask("POST", "/fhir/Patient", {{"Origin", origin}, {"Content-Type", "application/fhir+json"}},
                       R"({"resourceType":"Patient"})")
                  .status,
              403)
        << origin;
  }
}

TEST(Cors, without_a_named_site_there_is_no_word_of_it) {
  const World world;
  const auto answer = world.ask("GET", "/fhir/Patient", {{"Origin", kApp}});
  EXPECT_EQ(answer.headers.count("access-control-allow-origin"), 0u);
}

TEST(Options, say_what_an_address_takes) {
  const World world;
  const auto answer = world.ask("OPTIONS", "/fhir/Patient");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.body, "");
  for (const auto* method : {"GET", "HEAD", "POST", "OPTIONS"})
    EXPECT_NE(answer.headers.at("allow").find(method), std::string::npos) << method;
  EXPECT_EQ(world.ask("OPTIONS", "/health").headers.at("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(world.ask("OPTIONS", "/nothing").status, 404);
  EXPECT_EQ(world.ask("OPTIONS", "/fhir/Nothing").status, 404);
}

}  // namespace
}  // namespace varde::test
