// Holds us to issue section 6: a gateway killed at any instruction loses no accepted message and does nothing twice.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <set>
#include <thread>

#include "mappings/message.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

constexpr int kRounds = 12, kPerRound = 8;

/// The child: takes messages and works until it is killed. What it accepted it says on the pipe, message by message.
[[noreturn]] void work(Gateway& gateway, int pipe, int first) {
  gateway.open();
  gateway.messaging->start();
  for (int n = first; n < first + kPerRound; ++n) {
    auto letter = gateway.letter("HELSEOPPL_SOKNAD", n);
    if (gateway.messaging->accept({demo::write(letter), "test"})) {
      const auto written = ::write(pipe, &n, sizeof n);
      if (written != sizeof n) ::_exit(1);
    }
  }
  for (;;) ::pause();
}

TEST(Crash, every_accepted_message_has_exactly_one_effect_and_one_apprec_however_often_we_are_killed) {
  Gateway gateway;
  gateway.enrolled_patient();
  gateway.close();   // only the children touch the directory now
  std::set<int> accepted;
  std::mt19937 random(20261122);
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) work(gateway, ends[1], 1 + round * kPerRound);
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 250));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (int n; ::read(ends[0], &n, sizeof n) == sizeof n;) accepted.insert(n);
    ::close(ends[0]);
  }
  gateway.open();
  gateway.messaging->work_through();
  std::multiset<std::string> effects, answers;
  for (const auto& request : gateway.all("ServiceRequest"))
    for (const auto identifier : request.root().each("identifier"))
      if (identifier["value"].value().starts_with("urn:uuid:")) effects.insert(std::string(identifier["value"].value().substr(9)));
  for (const auto& row : gateway.outbox("APPREC")) {
    answers.insert(row.in_reply_to);
    EXPECT_EQ(gateway.file("outbound", row.msg_id + ".xml"), row.bytes);
  }
  for (const int n : accepted) {
    EXPECT_EQ(effects.count(uuid(n)), 1u) << n;
    EXPECT_EQ(answers.count(uuid(n)), 1u) << n;
  }
  EXPECT_EQ(std::set(answers.begin(), answers.end()).size(), answers.size());
  EXPECT_EQ(std::set(effects.begin(), effects.end()).size(), effects.size());
  EXPECT_GT(accepted.size(), 5u);   // some rounds must have come far enough
}

}  // namespace
}  // namespace varde::messaging::test
