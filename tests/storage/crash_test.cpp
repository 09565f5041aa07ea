// Killing the process at any instruction loses nothing that was acknowledged and leaves nothing half done.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <set>
#include <thread>

#include "server/storage/messages.h"
#include "server/storage/sql.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

constexpr int kRounds = 30, kClients = 4;
constexpr auto kIdentifier = parameter_key("Basic", "identifier");

Options options_in(const std::string& directory) {
  return varde::test::on_engine({.directory = directory, .readers = 2});
}

/// One effect in four rooms of the store, so that half an effect would show.
void store_everywhere(Transaction& transaction, const std::string& id) {
  IndexRows rows;
  rows.tokens.push_back({kIdentifier, "urn:crash", id});
  const auto version = put_in(transaction, "Basic", id, rows);
  transaction.put_measurement({.patient = PatientKey{1},
                               .measure = "urn:crash|m",
                               .time = transaction.now(),
                               .observation = version.key,
                               .value = 1,
                               .unit = "1"});
  outbox::add(transaction, {.msg_id = id, .type = "APPREC", .receiver_her = "1", .bytes = id});
}

/// Writes until it is killed; a line goes into the pipe only after the write was acknowledged.
[[noreturn]] void write_for_ever(const std::string& directory, int round, int pipe) {
  Database database(options_in(directory));
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client)
    clients.emplace_back([&, client] {
      for (int i = 0;; ++i) {
        const auto id = std::to_string(round) + "." + std::to_string(client) + "." + std::to_string(i);
        const auto written = database.write([&](Transaction& transaction) -> Result<void> {
          store_everywhere(transaction, id);
          return {};
        });
        const auto line = id + "\n";
        if (!written || ::write(pipe, line.data(), line.size()) < 0) ::_exit(1);
      }
    });
  for (auto& client : clients) client.join();
  ::_exit(1);
}

std::set<std::string> ids(const Snapshot& snapshot, std::string_view sql) {
  std::set<std::string> found;
  for (auto rows = snapshot.connection().query(sql); rows.next();) found.insert(rows.string(0));
  return found;
}

TEST(Crash, loses_no_acknowledged_write_and_leaves_none_half_done) {
  const TemporaryDirectory directory;
  const auto data = directory.path() + "/data";
  std::mt19937 random(20261122);
  std::set<std::string> acknowledged;

  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_for_ever(data, round, ends[1]);
    ::close(ends[1]);

    std::string heard;
    char buffer[4096];
    // The first line shows that it is at work; from then on any moment will do.
    for (ssize_t size; (size = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
      if (heard.empty()) {
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
        ::kill(child, SIGKILL);
      }
      heard.append(buffer, static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    for (std::size_t begin = 0, end; (end = heard.find('\n', begin)) != std::string::npos; begin = end + 1)
      acknowledged.insert(heard.substr(begin, end - begin));

    Database database(options_in(data));
    database.read([&](const Snapshot& snapshot) {
      const auto stored = ids(snapshot, "SELECT id FROM resource");
      EXPECT_TRUE(std::includes(stored.begin(), stored.end(), acknowledged.begin(), acknowledged.end()));
      EXPECT_EQ(ids(snapshot, "SELECT code FROM token"), stored);
      EXPECT_EQ(ids(snapshot, "SELECT msg_id FROM outbox"), stored);
      EXPECT_EQ(ids(snapshot, "SELECT r.id FROM measurement m JOIN resource r ON r.key = m.resource"), stored);
      if (!varde::test::is_on_postgresql()) {
        EXPECT_EQ(ids(snapshot, "PRAGMA integrity_check"), std::set<std::string>{"ok"});
      }
      return 0;
    });
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(acknowledged.size(), static_cast<std::size_t>(kRounds));
}

}  // namespace
}  // namespace varde::storage::test
