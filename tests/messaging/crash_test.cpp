// Holds us to issue section 6: a gateway killed at any instruction loses no accepted message and does nothing twice.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

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
  gateway.close();  // only the children touch the directory now
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
      if (identifier["value"].value().starts_with("urn:uuid:"))
        effects.insert(std::string(identifier["value"].value().substr(9)));
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
  EXPECT_GT(accepted.size(), 5u);  // some rounds must have come far enough
}

/// The child: measures one patient after the other, red, while clock and gateway work.
[[noreturn]] void measure_red(Gateway& gateway, int pipe, const std::vector<std::string>& patients, std::size_t first) {
  gateway.open();
  gateway.clock->start();
  gateway.messaging->start();
  for (std::size_t n = first; n < first + kPerRound; ++n) {
    gateway.measure(patients[n], 70);
    if (::write(pipe, &n, sizeof n) != sizeof n) ::_exit(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (;;) ::pause();
}

// Issue 8 section 3: an intent is neither lost nor carried out twice, wherever between alert, draft and sending we die.
TEST(Crash, every_red_reading_is_told_to_the_gp_in_exactly_one_letter_however_often_we_are_killed) {
  Gateway gateway;
  std::vector<std::string> patients;
  for (int n = 0; n < kRounds * kPerRound; ++n) {
    auto person = demo::copd_patient();
    person.number = std::to_string(10'000'000'000 + n);
    patients.push_back(gateway.enrolled_patient(person));
  }
  gateway.close();
  std::set<std::size_t> measured;
  std::mt19937 random(20261126);
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) measure_red(gateway, ends[1], patients, static_cast<std::size_t>(round * kPerRound));
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 500));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (std::size_t n; ::read(ends[0], &n, sizeof n) == sizeof n;) measured.insert(n);
    ::close(ends[0]);
  }
  gateway.open();
  std::size_t before = gateway.outbox("HELSEOPPLYSNINGER_LEGE").size();
  gateway.messaging->work_through();
  std::map<std::string, int> letters;
  for (const auto& row : gateway.outbox("HELSEOPPLYSNINGER_LEGE")) {
    ++letters[gateway.repository->read([&](const interaction::View& view) { return view.patient_id(row.patient); })];
    EXPECT_EQ(gateway.file("outbound", row.msg_id + ".xml"), row.bytes);
  }
  for (const auto n : measured) EXPECT_EQ(letters[patients[n]], 1) << n;
  for (const auto& [patient, count] : letters) EXPECT_EQ(count, 1) << patient;
  EXPECT_EQ(gateway.files("outbound").size(), letters.size());
  EXPECT_GT(before, 5u);  // some were posted before a kill
}

}  // namespace
}  // namespace varde::messaging::test
