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

struct Milliseconds {
  unsigned least, more_than_that;
};

/// Round after round a child works until it is killed, at a random time: what all of them said on their pipes.
template <class Child>
std::set<int> said_before_the_kills(unsigned seed, Milliseconds alive, Child child) {
  std::set<int> said;
  std::mt19937 random(seed);
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t forked = ::fork();
    if (forked == 0) child(ends[1], round);
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(alive.least + random() % alive.more_than_that));
    ::kill(forked, SIGKILL);
    ::waitpid(forked, nullptr, 0);
    for (int n; ::read(ends[0], &n, sizeof n) == sizeof n;) said.insert(n);
    ::close(ends[0]);
  }
  return said;
}

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
  auto folder = gateway.folders;  // answers to the hospital go by a route of their own
  folder.root = gateway.directory / "messages/routes/hospital";
  adapters::FolderSender hospital(folder);
  gateway.more_routes = {{"hospital", &hospital, {demo::hospital().department_her}}};
  gateway.enrolled_patient();
  gateway.close();  // only the children touch the directory now
  const auto accepted = said_before_the_kills(20261122, {0, 250},
                                              [&](int pipe, int round) { work(gateway, pipe, 1 + round * kPerRound); });
  gateway.open();
  gateway.messaging->work_through();
  std::multiset<std::string> effects, answers;
  for (const auto& request : gateway.all("ServiceRequest"))
    for (const auto identifier : request.root().each("identifier"))
      if (identifier["value"].value().starts_with("urn:uuid:"))
        effects.insert(std::string(identifier["value"].value().substr(9)));
  for (const auto& row : gateway.outbox("APPREC")) {
    answers.insert(row.in_reply_to);
    EXPECT_EQ(row.route, "hospital");
    EXPECT_EQ(row.state, storage::OutboxState::delivered);
    EXPECT_EQ(gateway.file("routes/hospital/outbound", row.msg_id + ".xml"), row.bytes);
  }
  EXPECT_EQ(gateway.files("routes/hospital/outbound").size(), answers.size());
  for (const int n : accepted) {
    EXPECT_EQ(effects.count(uuid(n)), 1u) << n;
    EXPECT_EQ(answers.count(uuid(n)), 1u) << n;
  }
  EXPECT_EQ(std::set(answers.begin(), answers.end()).size(), answers.size());
  EXPECT_EQ(std::set(effects.begin(), effects.end()).size(), effects.size());
  EXPECT_GT(accepted.size(), 5u);  // some rounds must have come far enough
}

/// The child: measures one patient after the other, while clock and gateway work.
[[noreturn]] void measure(Gateway& gateway, int pipe, const std::vector<std::string>& patients, int first, int value) {
  gateway.open();
  gateway.clock->start();
  gateway.messaging->start();
  for (int n = first; n < first + kPerRound; ++n) {
    gateway.measure(patients.at(static_cast<std::size_t>(n)), value);
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
  const auto measured = said_before_the_kills(
      20261126, {20, 500}, [&](int pipe, int round) { measure(gateway, pipe, patients, round * kPerRound, 70); });
  gateway.open();
  const std::size_t before = gateway.outbox("HELSEOPPLYSNINGER_LEGE").size();
  gateway.messaging->work_through();
  gateway.pass(std::chrono::hours{2});  // an intent that outlived its letter would be carried out again
  gateway.messaging->work_through();
  std::map<std::string, int> letters;
  for (const auto& row : gateway.outbox("HELSEOPPLYSNINGER_LEGE")) {
    ++letters[gateway.repository->read([&](const interaction::View& view) { return view.patient_id(row.patient); })];
    EXPECT_EQ(gateway.file("outbound", row.msg_id + ".xml"), row.bytes);
  }
  for (const auto n : measured) EXPECT_EQ(letters[patients.at(static_cast<std::size_t>(n))], 1) << n;
  for (const auto& [patient, count] : letters) EXPECT_EQ(count, 1) << patient;
  EXPECT_EQ(gateway.files("outbound").size(), letters.size());
  EXPECT_GT(before, 5u);  // some were posted before a kill
}

/// A fødselsnummer (month + 80) with its control digits; nullopt: that serial number has none.
std::optional<std::string> number_of(int serial) {
  const auto nine = "128548" + std::to_string(100 + serial);
  const auto digit = [](const std::string& text, std::initializer_list<int> weights) {
    int sum = 0, at = 0;
    for (const int weight : weights) sum += weight * (text[static_cast<std::size_t>(at++)] - '0');
    return (11 - sum % 11) % 11;
  };
  const int first = digit(nine, {3, 7, 6, 1, 8, 9, 4, 5, 2});
  if (first == 10) return std::nullopt;
  const auto ten = nine + std::to_string(first);
  const int second = digit(ten, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2});
  if (second == 10) return std::nullopt;
  return ten + std::to_string(second);
}

// What leaves by itself: an occasion is neither lost nor carried out twice, wherever we die.
TEST(Crash, every_green_reading_is_a_result_of_exactly_one_report_however_often_we_are_killed) {
  Gateway gateway;
  gateway.settings.letters = {{"green-results", std::chrono::minutes{0}, false}};
  gateway.settings.epj_her_id = "8100002";
  gateway.restart();
  std::vector<std::string> patients;
  for (int serial = 0; patients.size() < kRounds * kPerRound; ++serial) {
    auto person = demo::copd_patient();
    const auto number = number_of(serial);
    if (!number) continue;
    person.number = *number;
    patients.push_back(gateway.enrolled_patient(person));
  }
  gateway.close();
  const auto measured = said_before_the_kills(
      20261127, {20, 500}, [&](int pipe, int round) { measure(gateway, pipe, patients, round * kPerRound, 95); });
  gateway.open();
  const std::size_t before = gateway.outbox("SVAR_LAB").size();
  gateway.messaging->work_through();
  gateway.pass(std::chrono::hours{48});
  gateway.messaging->work_through();
  std::map<std::string, int> letters;
  for (const auto& row : gateway.outbox("SVAR_LAB"))
    ++letters[gateway.repository->read([&](const interaction::View& view) { return view.patient_id(row.patient); })];
  for (const auto n : measured) EXPECT_EQ(letters[patients.at(static_cast<std::size_t>(n))], 1) << n;
  for (const auto& [patient, count] : letters) EXPECT_EQ(count, 1) << patient;
  EXPECT_GT(before, 5u);  // some were posted before a kill
}

}  // namespace
}  // namespace varde::messaging::test
