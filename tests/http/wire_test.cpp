/// Bodies: memory grows as bytes come, never as they are announced, and progress is demanded.
#include "server/http/wire.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace varde::http {
namespace {

/// Gives its bytes, notes what was held each time more was asked for, and then nothing more comes.
class Script : public Wire {
 public:
  Script(std::string bytes, Memory& memory, std::size_t piece = SIZE_MAX)
      : bytes_(std::move(bytes)), memory_(memory), piece_(piece) {}
  std::ptrdiff_t receive(char* into, std::size_t size, Clock::time_point deadline) override {
    held = std::max(held, memory_.taken()), last_deadline = deadline;
    const std::size_t got = std::min({size, piece_, bytes_.size() - at_});
    std::memcpy(into, bytes_.data() + at_, got);
    at_ += got;
    return got > 0 ? static_cast<std::ptrdiff_t>(got) : -1;
  }
  void send(std::string_view) override {}
  std::size_t held = 0;
  Clock::time_point last_deadline;

 private:
  std::string bytes_;
  Memory& memory_;
  std::size_t piece_, at_ = 0;
};

std::string post(const std::string& headers, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n\r\n" + body;
}

std::string chunks(std::size_t count, std::size_t size) {
  std::string out;
  char line[20];
  std::snprintf(line, sizeof line, "%zx\r\n", size);
  for (std::size_t i = 0; i < count; ++i) out += line + std::string(size, 'a') + "\r\n";
  return out + "0\r\n\r\n";
}

class Body : public ::testing::Test {
 protected:
  Incoming read(const std::string& bytes, std::size_t piece = SIZE_MAX) {
    Script wire(bytes, memory, piece);
    Incoming incoming = Reader(wire, limits, memory).next();
    held = wire.held, deadline = wire.last_deadline;
    return incoming;
  }
  int status(const std::string& bytes) {
    const Incoming incoming = read(bytes);
    const auto* refused = std::get_if<Refused>(&incoming);
    return refused ? refused->status : 0;
  }
  std::string body(const std::string& bytes, std::size_t piece = SIZE_MAX) {
    const Incoming incoming = read(bytes, piece);
    const auto* received = std::get_if<Received>(&incoming);
    return received ? received->body : "none";
  }
  WireLimits limits{.body_bytes = 1u << 20};
  Memory memory{4u << 20};
  std::size_t held = 0;
  Clock::time_point deadline;
};

TEST_F(Body, takes_memory_as_its_bytes_come_not_as_they_are_announced) {
  EXPECT_EQ(status(post("Content-Length: 1048576", "a")), 408);
  EXPECT_LE(held, 64u << 10);
  EXPECT_EQ(status(post("Transfer-Encoding: chunked", "fffff\r\na")), 408);
  EXPECT_LE(held, 64u << 10);
  EXPECT_EQ(memory.taken(), 0u) << "what is over holds nothing";
}

TEST_F(Body, is_whole_however_it_is_cut) {
  const std::string text(300'000, 'b');
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{50'000}, SIZE_MAX})
    EXPECT_EQ(body(post("Content-Length: 300000", text), piece), text);
  EXPECT_EQ(body(post("Transfer-Encoding: chunked", chunks(30'000, 1)), 7), std::string(30'000, 'a'));
  EXPECT_EQ(body(post("Transfer-Encoding: chunked", chunks(3, 100'000)), 999), std::string(300'000, 'a'));
}

TEST_F(Body, in_chunks_stops_at_the_limit_of_the_whole) {
  EXPECT_EQ(status(post("Transfer-Encoding: chunked", chunks(2, (1u << 19) + 1))), 413);
  EXPECT_EQ(body(post("Transfer-Encoding: chunked", chunks(2, 1u << 19))).size(), 1u << 20);
}

TEST_F(Body, that_finds_no_memory_is_told_to_come_back_and_small_ones_come_through) {
  const Incoming other = read(post("Content-Length: 1048576", std::string(1u << 20, 'a')));
  Memory full(1u << 20);
  Share held_by_others(full);
  ASSERT_TRUE(held_by_others.grow_to(1u << 20));
  const auto status_of = [&](std::size_t size) {
    Script wire(post("Content-Length: " + std::to_string(size), std::string(size, 'a')), full);
    const Incoming incoming = Reader(wire, limits, full).next();
    const auto* refused = std::get_if<Refused>(&incoming);
    return refused ? refused->status : 0;
  };
  EXPECT_EQ(status_of(200'000), 503);
  EXPECT_EQ(status_of(2000), 0);
  held_by_others = {};
  EXPECT_EQ(status_of(200'000), 0);
  EXPECT_EQ(full.taken(), 0u);
}

TEST_F(Body, has_longer_the_more_of_it_has_come) {
  limits.bytes_per_second = 1000, limits.body = std::chrono::seconds(10);
  const auto start = Clock::now();
  status(post("Content-Length: 1048576", ""));
  EXPECT_LT(deadline, start + std::chrono::seconds(15));
  status(post("Content-Length: 1048576", std::string(100'000, 'a')));
  EXPECT_GT(deadline, start + std::chrono::seconds(105));
  EXPECT_LT(deadline, start + std::chrono::seconds(115));
  status(post("Transfer-Encoding: chunked", "fffff\r\n"));
  EXPECT_LT(deadline, Clock::now() + std::chrono::seconds(11)) << "silence is no progress, whatever was announced";
}

TEST_F(Body, in_chunks_is_refused_where_a_chunk_does_not_end_as_it_says) {
  EXPECT_EQ(status(post("Transfer-Encoding: chunked", "3\r\nabcd\r\n0\r\n\r\n")), 400);
  EXPECT_EQ(status(post("Transfer-Encoding: chunked", "3\r\nabc \r\n0\r\n\r\n")), 400);
  EXPECT_EQ(status(post("Transfer-Encoding: chunked", "xyz\r\n")), 400);
  EXPECT_EQ(status(post("Transfer-Encoding: chunked", std::string(5000, '1'))), 400);
}

}  // namespace
}  // namespace varde::http
