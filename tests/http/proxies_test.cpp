// Holds us to: RFC 7239 and the X-Forwarded headers are believed of proxies that stand in the settings, and of nobody
// else. server/http/proxies.h
#include "server/http/proxies.h"

#include <gtest/gtest.h>

#include "tests/http/support/world.h"

namespace varde::http {
namespace {

Proxies ours() { return Proxies::of({"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"}).value(); }

Received with(std::vector<std::pair<std::string, std::string>> headers) {
  Received out;
  out.headers = std::move(headers);
  return out;
}

TEST(Proxies, an_address_is_trusted_where_it_or_its_network_is_named) {
  const Proxies proxies = ours();
  for (const auto* address : {"127.0.0.1", "10.0.0.0", "10.255.255.255", "2001:db8::7", "::ffff:10.1.2.3"})
    EXPECT_TRUE(proxies.trusts(address)) << address;
  for (const auto* address : {"127.0.0.2", "9.255.255.255", "11.0.0.0", "2001:db9::7", "::1", "", "unknown"})
    EXPECT_FALSE(proxies.trusts(address)) << address;
}

TEST(Proxies, a_network_that_is_none_is_refused) {
  for (const auto* text : {"10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "proxy.example.no", "::/129", "*"})
    EXPECT_FALSE(Proxies::of(std::vector<std::string>{text}).has_value()) << text;
  EXPECT_FALSE(Proxies().trusts("127.0.0.1"));
}

TEST(Proxies, who_asks_is_the_last_on_the_way_who_is_no_proxy) {
  // What the client wrote itself stands first, and counts for nothing.
  const auto said = ours().said_of(with({{"forwarded",
                                          "for=198.51.100.9;host=evil.example;proto=http, "
                                          "for=\"[2001:db9::17]:4711\";proto=https;host=fhir.example.no"},
                                         {"forwarded", "for=10.0.0.4"}}));
  EXPECT_EQ(said.address, "2001:db9::17");
  EXPECT_EQ(said.origin, "https://fhir.example.no");
}

TEST(Proxies, the_older_headers_say_the_same) {
  const auto said = ours().said_of(with({{"x-forwarded-for", "198.51.100.9, 192.0.2.7:5061, 10.0.0.4"},
                                         {"x-forwarded-proto", "https"},
                                         {"x-forwarded-host", "FHIR.example.no"}}));
  EXPECT_EQ(said.address, "192.0.2.7");
  EXPECT_EQ(said.origin, "https://fhir.example.no");
}

TEST(Proxies, what_is_no_address_or_host_is_not_taken) {
  const auto hidden = ours().said_of(with({{"forwarded", "for=_hidden;proto=https;host=\"a b\""}}));
  EXPECT_EQ(hidden.address, "");
  EXPECT_EQ(hidden.origin, "");
  EXPECT_EQ(ours().said_of(with({{"x-forwarded-for", "<script>"}})).address, "");
  EXPECT_EQ(ours().said_of(with({{"x-forwarded-proto", "javascript"}, {"x-forwarded-host", "fhir.example.no"}})).origin,
            "");
}

}  // namespace
}  // namespace varde::http

namespace varde::test {
namespace {

World::Options behind(std::vector<std::string> proxies) {
  World::Options options;
  options.public_base = {};
  options.hosts = {"fhir.example.no"};
  options.proxies = http::Proxies::of(proxies).value();
  return options;
}

const Headers kForwarded{
    {"X-Forwarded-For", "192.0.2.7"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "fhir.example.no"}};

TEST(BehindAProxy, links_lead_to_the_address_that_the_client_used) {
  const World world(behind({"127.0.0.1"}));
  const auto answer = world.ask("GET", "/fhir/Patient?_count=1", kForwarded);
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("\"https://fhir.example.no/fhir/Patient?_count=1\""), std::string::npos) << answer.body;
}

TEST(BehindAProxy, a_name_that_is_not_ours_is_refused) {
  const World world(behind({"127.0.0.1"}));
  EXPECT_EQ(world.ask("GET", "/fhir/Patient", {{"Forwarded", "for=192.0.2.7;proto=https;host=evil.example"}}).status,
            421);
}

TEST(BehindAProxy, nobody_else_is_believed) {
  const World world(behind({"192.0.2.1"}));
  const auto answer = world.ask("GET", "/fhir/Patient?_count=1", kForwarded);
  EXPECT_EQ(answer.body.find("fhir.example.no"), std::string::npos) << answer.body;
}

TEST(BehindAProxy, it_may_have_more_connections_than_one_address) {
  auto options = behind({"127.0.0.1"});
  options.slots = {.all = 8, .of_one_address = 1};
  options.open = {.all = 64, .of_one_address = 1};
  const World world(options);
  Client first(world.port()), second(world.port()), third(world.port());
  EXPECT_EQ(first.ask("GET", "/fhir/Patient").status, 200);
  EXPECT_EQ(second.ask("GET", "/fhir/Patient").status, 200);
  EXPECT_EQ(third.ask("GET", "/fhir/Patient").status, 200);
  EXPECT_EQ(first.ask("GET", "/fhir/Patient").status, 200) << "no connection gave way";
}

}  // namespace
}  // namespace varde::test
