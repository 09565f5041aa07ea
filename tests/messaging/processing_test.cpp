// Holds us to issue 11: messages are processed many at a time, and what one meets stays its own; in the order in which
// they came; and a group killed in the middle is done once, all of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>
#include <stdexcept>
#include <thread>

#include "server/messaging/messaging.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

using namespace std::chrono_literals;
using storage::InboxState;

/// What happens where the Communication of a message is stored.
struct Meets final : interaction::Effect {
  enum class What { nothing, refusal, exception };
  std::map<std::string, What> at;  ///< by the Communication's id
  Result<void> after(interaction::Act&, const interaction::Stored& stored) override {
    const auto found = at.find(stored.version.id);
    // Told as processed: with its content. Of a refused message only its envelope is stored.
    if (found == at.end() || stored.version.type != fhir::find_resource_type("Communication") ||
        stored.resource["status"].value() != "completed")
      return {};
    if (found->second == What::exception) throw std::logic_error("our own mistake");
    if (found->second == What::refusal) return fail(Fault::business_rule, "not here");
    return {};
  }
};

constexpr int kMessages = 400;

class Processing : public testing::Test {
 protected:
  std::vector<std::int64_t> wait(int count, int first = 1) {
    std::vector<std::int64_t> numbers;
    for (int n = first; n < first + count; ++n)
      numbers.push_back(
          gateway.messaging->accept({demo::write(gateway.letter("HELSEOPPL_SOKNAD", n)), "test"})->number);
    return numbers;
  }
  void until_processed() {
    gateway.messaging->start();
    const auto waiting = [&] {
      return gateway.repository->read(
          [](const interaction::View& view) { return storage::inbox::in_state_now(view, InboxState::received).count; });
    };
    for (int i = 0; i < 600 && waiting() > 0; ++i) std::this_thread::sleep_for(50ms);
    gateway.messaging->stop();
    ASSERT_EQ(waiting(), 0);
  }
  /// The child: says on the pipe when it has committed something, and works on until it is killed.
  [[noreturn]] void work_on(int pipe) {
    gateway.open();
    const auto at_start = gateway.outbox("APPREC").size();
    gateway.messaging->start();
    while (gateway.outbox("APPREC").size() == at_start && at_start < kMessages) std::this_thread::sleep_for(1ms);
    if (::write(pipe, "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  std::multiset<std::string> answered() {
    std::multiset<std::string> answers;
    for (const auto& row : gateway.outbox("APPREC")) answers.insert(row.in_reply_to);
    return answers;
  }
  Gateway gateway;
};

TEST_F(Processing, what_one_message_meets_is_its_own_and_its_neighbours_have_their_effects) {
  Meets meets;
  gateway.store->add_effect(meets);
  const auto numbers = wait(40);
  meets.at["message-" + std::to_string(numbers[7])] = Meets::What::refusal;
  meets.at["message-" + std::to_string(numbers[20])] = Meets::What::exception;
  until_processed();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    EXPECT_EQ(gateway.inbox(numbers[i]).state, i == 7 || i == 20 ? InboxState::refused : InboxState::processed) << i;
  EXPECT_EQ(gateway.all("ServiceRequest").size(), 38u);
  for (int n = 1; n <= 40; ++n) EXPECT_EQ(answered().count(uuid(n)), 1u) << n;
  EXPECT_THAT(gateway.inbox(numbers[7]).detail, testing::HasSubstr("business-rule"));
  // Ours, not the sender's: tried three times before it is given up.
  EXPECT_EQ(std::count_if(gateway.log.begin(), gateway.log.end(),
                          [](const auto& line) { return line.find("our own error") != line.npos; }),
            3);
}

TEST_F(Processing, messages_have_their_effects_in_the_order_in_which_they_came) {
  wait(150);
  until_processed();
  std::vector<std::string> order, expected;
  for (const auto& row : gateway.outbox("APPREC")) order.push_back(row.in_reply_to);
  for (int n = 1; n <= 150; ++n) expected.push_back(uuid(n));
  EXPECT_EQ(order, expected);
}

TEST_F(Processing, a_stop_in_the_middle_leaves_the_rest_for_the_next_start) {
  wait(150);
  gateway.messaging->start();
  gateway.messaging->stop();
  gateway.restart();
  until_processed();
  for (int n = 1; n <= 150; ++n) EXPECT_EQ(answered().count(uuid(n)), 1u) << n;
  EXPECT_EQ(gateway.all("ServiceRequest").size(), 150u);
}

// As crash_test.cpp, with a backlog: what dies is a group of many under way.
TEST_F(Processing, a_backlog_whose_process_is_killed_again_and_again_is_done_once_all_of_it) {
  wait(kMessages);
  gateway.close();
  std::mt19937 random(20261127);
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) work_on(ends[1]);
    ::close(ends[1]);
    char committed = 0;
    ASSERT_EQ(::read(ends[0], &committed, 1), 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
  }
  gateway.open();
  const auto before = gateway.outbox("APPREC").size();
  until_processed();
  for (int n = 1; n <= kMessages; ++n) EXPECT_EQ(answered().count(uuid(n)), 1u) << n;
  EXPECT_EQ(answered().size(), std::size_t{kMessages});
  EXPECT_EQ(gateway.all("ServiceRequest").size(), std::size_t{kMessages});
  EXPECT_GE(before, 12u);  // each had committed something
}

}  // namespace
}  // namespace varde::messaging::test
