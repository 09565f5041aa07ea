/// RFC 9110 8.4: bodies packed both ways, within the limits of bodies.
#include "server/http/coding.h"

#include <gtest/gtest.h>

namespace varde::http {
namespace {

std::string packed(std::string_view accept, std::string body) {
  interaction::Response response;
  response.content_type = "application/fhir+json; charset=utf-8";
  response.body = std::move(body);
  pack(accept, response);
  return response.body;
}

Received received(std::string coding, std::string body) {
  Received out;
  out.headers.emplace_back("content-encoding", std::move(coding));
  out.body = std::move(body);
  return out;
}

constexpr std::size_t kMost = 1u << 20;

TEST(Coding, what_is_packed_is_unpacked_to_the_same) {
  std::string body;
  for (int i = 0; body.size() < 300'000; ++i) body += "{\"n\":" + std::to_string(i * 7919) + "}";
  for (const char* coding : {"gzip", "deflate", "GZIP", "x-gzip"}) {
    auto back = received(coding, packed(coding, body));
    EXPECT_LT(back.body.size(), body.size() / 2);
    ASSERT_TRUE(unpack(back, kMost)) << coding;
    EXPECT_EQ(back.body, body);
  }
}

TEST(Coding, the_weights_of_the_client_decide) {
  const std::string body(5000, 'x');
  EXPECT_EQ(packed("", body), body);
  EXPECT_EQ(packed("br, identity", body), body);
  EXPECT_EQ(packed("gzip;q=0", body), body);
  EXPECT_EQ(packed("deflate;q=0.8, gzip;q=0.2", body).substr(0, 1), "\x78");
  EXPECT_EQ(packed("*", body).substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(packed("gzip", std::string(1000, 'x')), std::string(1000, 'x')) << "a short one is not worth it";
}

TEST(Coding, a_small_body_that_would_become_a_huge_one_is_stopped_on_the_way) {
  Memory memory(4 * kMost);  // where it went on, this would be what stops it
  auto bomb = received("gzip", packed("gzip", std::string(200u << 20, ' ')));
  EXPECT_LT(bomb.body.size(), kMost);
  bomb.share = Share(memory);
  const auto refused = unpack(bomb, kMost);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::too_large);
}

TEST(Coding, an_unpacked_body_counts_among_those_that_share_the_memory) {
  Memory memory(500'000);
  const auto unpacked = [&](std::size_t size) {
    auto sent = received("gzip", packed("gzip", std::string(size, ' ')));
    sent.share = Share(memory);
    return unpack(sent, kMost);
  };
  const auto refused = unpacked(600'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::busy);
  EXPECT_TRUE(unpacked(300'000)) << "what the first held is given back";
}

TEST(Coding, what_follows_the_end_or_is_missing_is_refused) {
  const std::string whole = packed("gzip", std::string(5000, 'x'));
  for (auto bytes : {whole + "x", whole.substr(0, whole.size() - 1), std::string("{}")}) {
    auto sent = received("gzip", std::move(bytes));
    const auto refused = unpack(sent, kMost);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::not_well_formed);
  }
}

}  // namespace
}  // namespace varde::http
