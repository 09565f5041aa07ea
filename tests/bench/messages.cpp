// What receiving national messages costs: read and checked alone, taken (stored and answered for) alone, processed
// alone, and end to end, bytes -> validated -> FHIR committed -> AppRec queued; whether many that wait, to be processed
// or to be sent, make taking slower; and whether memory stays flat.
//   bench_messages DIRECTORY [MESSAGES] [postgresql://…]      prints a line per figure
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "mappings/message.h"
#include "norway/identity_number.h"
#include "server/access/principal.h"
#include "server/clock/clock.h"
#include "server/demo/letters.h"
#include "server/followup/followup.h"
#include "server/interaction/repository.h"
#include "server/interaction/text.h"
#include "server/messaging/messaging.h"
#include "server/storage/messages.h"

namespace {

using namespace varde;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr int kSenders = 8;  ///< at the same time: what a group commit takes together
constexpr int kMessagesOfAPatient = 5;
constexpr int kWaitToBeSent = 100'000, kStopped = 100;  ///< messages, and receivers that they wait for
constexpr const char* kUs = "8142952";

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

/// A synthetic number (month + 80) that has right control digits; most individual numbers have one.
std::string number_of(int n) {
  for (int individual = 100;; ++individual)
    for (int control = 0; control < 100; ++control) {
      auto number = fmt::format("{:02}81{:02}{}{:02}", n % 28 + 1, n / 28 % 100, individual + n / 2'800, control);
      if (norway::has_valid_check_digits(number)) return number;
    }
}

std::vector<std::string> letters(int count) {
  std::vector<demo::Person> people;
  for (int i = 0; i <= count / kMessagesOfAPatient; ++i)
    people.push_back({fmt::format("Fiktiv{}", i), "Åse", number_of(i), "1948-01-01", "2"});
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) {
    demo::Letter letter;
    letter.type = i % 2 == 0 ? "LOG_INNLAGT" : "LOG_UTSKRIVNINGSKLAR";
    letter.msg_id = fmt::format("0b5e1d8a-3c4f-4c7e-9a54-{:012}", i);
    letter.generated = fmt::format("2026-11-{:02}T10:{:02}:{:02}", i / 3'600 % 28 + 1, i / 60 % 60, i % 60);
    letter.event = letter.generated;
    letter.patient = people[static_cast<std::size_t>(i) / kMessagesOfAPatient];
    letter.sender = demo::hospital();
    letter.receiver = {"Varde kommune", "8142900", "Oppfølgingssenter", kUs};
    all.push_back(demo::write(letter));
  }
  return all;
}

/// A transport that takes everything: the sending is not measured.
class Taking final : public adapters::Sender {
 public:
  Result<adapters::TransportReceipt> send(const adapters::Outgoing&) override { return adapters::TransportReceipt{}; }
};

struct Gateway {
  Gateway(const std::string& directory, const std::string& server) {
    storage::Options options;
    options.directory = directory;
    options.server = server;
    std::filesystem::create_directories(directory);
    database = std::make_unique<storage::Database>(options);
    store = std::make_unique<interaction::Store>(interaction::uuid_v7());
    store->add_effect(followup);
    repository = std::make_unique<interaction::Repository>(*database, *store, access::ourselves("messages"));
    clock = std::make_unique<clock::Clock>(*repository, [](std::string_view) {});
    messaging::Settings settings;
    settings.our_her_ids = {kUs};
    settings.routes = {{"folder", &sender, {}}};
    messaging = std::make_unique<messaging::Messaging>(*repository, *clock, followup, settings);
  }

  void know(const std::vector<std::string>& messages) {
    for (std::size_t i = 0; i < messages.size(); i += kMessagesOfAPatient) {
      const auto person = mappings::read_message(messages[i]).patient.value();
      auto tree = fhir::Tree::of("Patient");
      auto identifier = tree.edit().add("identifier");
      identifier.set("system", "urn:oid:2.16.578.1.12.4.1.4.1");
      identifier.set("value", person.ids.at(0).value);
      auto name = tree.edit().add("name");
      name.set("family", person.family);
      name.add("given", person.given);
      repository->write([&](interaction::Act& act) { return act.create(tree.edit()); }).value();
    }
  }
  /// Nothing of it leaves: its receivers are stopped.
  void let_wait_to_be_sent() {
    const std::string bytes(2'000, 'x');
    for (int receiver = 0; receiver < kStopped; ++receiver) {
      const auto her_id = std::to_string(500'000 + receiver);
      repository
          ->write([&](interaction::Act& act) -> Result<int> {
            storage::outbox::stop(act, "folder", her_id);
            for (int i = 0; i < kWaitToBeSent / kStopped; ++i)
              storage::outbox::add(act, {.msg_id = fmt::format("waits-{}-{}", receiver, i),
                                         .type = "APPREC",
                                         .receiver_her = her_id,
                                         .bytes = bytes});
            return receiver;
          })
          .value();
    }
  }
  /// Messages a second.
  double take(const std::vector<std::string>& messages, std::size_t from, std::size_t to) {
    std::atomic<std::size_t> next = from;
    const auto begin = SteadyClock::now();
    {
      std::vector<std::jthread> senders;
      for (int i = 0; i < kSenders; ++i)
        senders.emplace_back([&] {
          for (std::size_t at; (at = next++) < to;) messaging->accept({messages[at], "bench"}).value();
        });
    }
    return static_cast<double>(to - from) / seconds_since(begin);
  }
  void wait_until_done() {
    while (repository->read([](const interaction::View& view) {
      return storage::inbox::in_state_now(view, storage::InboxState::received).count;
    }) > 0)
      std::this_thread::sleep_for(20ms);  // counting them is no part of what is measured
  }
  /// How many were answered OK: a figure of refusals would say nothing.
  std::int64_t processed() {
    return repository->read([](const interaction::View& view) {
      return storage::inbox::in_state_now(view, storage::InboxState::processed).count;
    });
  }

  Taking sender;
  followup::FollowUp followup;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<interaction::Store> store;
  std::unique_ptr<interaction::Repository> repository;
  std::unique_ptr<clock::Clock> clock;
  std::unique_ptr<messaging::Messaging> messaging;
};

double resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0, resident = 0;
  file >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

/// As bench_model prints them: value, unit, floor (0: none), target, name.
void tell(const char* name, double value, const char* unit, double floor = 0, const char* target = "") {
  std::printf("%.3f|%s|%.3f|%s|%s\n", value, unit, floor, target, name);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "bench_messages DIRECTORY [MESSAGES] [postgresql://…]\n"), 2;
  const std::string root = argv[1];
  const auto count = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const std::string server = argc > 3 ? argv[3] : "";
  const auto messages = letters(count);
  mappings::prepare();

  auto begin = SteadyClock::now();
  std::size_t sound = 0;
  for (const auto& each : messages) sound += mappings::read_message(each).acceptable();
  const double read = count / seconds_since(begin);
  if (sound != messages.size()) return std::fprintf(stderr, "%zu of %d messages are no messages\n", sound, count), 1;
  tell("messages read and checked, one core", read, "/s", 0, ">= 4000");

  double taken = 0, processed = 0;
  {
    Gateway gateway(root + "/apart", server);
    gateway.know(messages);
    const auto tenth = messages.size() / 10;
    const double first = gateway.take(messages, 0, tenth);
    gateway.let_wait_to_be_sent();
    const double second = gateway.take(messages, tenth, 2 * tenth);
    const double between = gateway.take(messages, 2 * tenth, messages.size() - tenth);
    const double last = gateway.take(messages, messages.size() - tenth, messages.size());
    const auto apart = static_cast<double>(tenth);
    taken = static_cast<double>(messages.size()) / (apart / first + apart / second + apart / last +
                                                    static_cast<double>(messages.size() - 3 * tenth) / between);
    tell("messages taken alone", taken, "/s");
    tell("taking while all wait, beside none", first / last, "x", 0, "<= 1.1");
    tell("taking while 100,000 wait to be sent, beside none", first / second, "x", 0, "<= 1.1");
    begin = SteadyClock::now();
    gateway.messaging->start();
    gateway.wait_until_done();
    processed = count / seconds_since(begin);
    tell("messages processed alone", processed, "/s");
    if (gateway.processed() != count)
      return std::fprintf(stderr, "only %ld were processed\n", long(gateway.processed())), 1;
  }
  if (!server.empty()) return 0;  // one database, one run
  {
    Gateway gateway(root + "/end-to-end", server);
    gateway.know(messages);
    gateway.messaging->start();
    const auto tenth = messages.size() / 10;
    begin = SteadyClock::now();
    gateway.take(messages, 0, tenth);
    gateway.wait_until_done();
    const double before = resident_megabytes();
    gateway.take(messages, tenth, messages.size());
    gateway.wait_until_done();
    const double end_to_end = count / seconds_since(begin);
    tell("messages end to end", end_to_end, "/s", 1 / (1 / taken + 1 / processed), ">= 1500, >= 0.5");
    tell("memory grown over the last 9/10", resident_megabytes() - before, "MB", 0, "flat");
    if (gateway.processed() != count)
      return std::fprintf(stderr, "only %ld were processed\n", long(gateway.processed())), 1;
  }
  return 0;
}
