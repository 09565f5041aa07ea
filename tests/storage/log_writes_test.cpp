// What a commit costs in calls to the system: the log's pages go out together, and whoever reads sees all of them.
#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "server/storage/sql.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

/// Calls of this process that wrote, https://docs.kernel.org/filesystems/proc.html#proc-pid-io
std::int64_t write_calls() {
  std::ifstream file("/proc/self/io");
  std::string name;
  for (std::int64_t value = 0; file >> name >> value;)
    if (name == "syscw:") return value;
  return -1;
}

class LogFileWrites : public Store {
 protected:
  /// So many resources in one transaction, each of some pages.
  void put_many(int first, int number) {
    write([&](Transaction& transaction) {
      for (int i = first; i < first + number; ++i)
        transaction.put({.patient = PatientKey::none,
                         .type = type("Basic"),
                         .id = std::to_string(i),
                         .version = 1,
                         .updated = transaction.now(),
                         .bytes = std::string(20'000, static_cast<char>('a' + i % 20))},
                        {});
    });
  }
};

TEST_F(LogFileWrites, of_a_commit_are_few_and_every_reader_sees_them) {
  put_many(0, 1);
  const auto before = write_calls();
  ASSERT_GT(before, 0);
  put_many(1, 40);  // some 200 pages
  EXPECT_LT(write_calls() - before, 50);
  for (int i = 0; i <= 40; ++i)
    EXPECT_EQ(current("Basic", std::to_string(i))->bytes, std::string(20'000, static_cast<char>('a' + i % 20))) << i;
}

TEST_F(LogFileWrites, that_are_more_than_is_held_back_go_out_on_the_way) {
  put_many(0, 400);  // 8 MB
  for (const int i : {0, 1, 199, 200, 399}) EXPECT_EQ(current("Basic", std::to_string(i))->bytes.size(), 20'000u) << i;
  database->read([](const Snapshot& snapshot) {
    auto rows = snapshot.connection().query(std::string_view("PRAGMA integrity_check"));
    rows.next();
    EXPECT_EQ(rows.string(0), "ok");
    return 0;
  });
}

}  // namespace
}  // namespace varde::storage::test
