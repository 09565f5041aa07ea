// What hinders the store is told for what it is, and noticed before a client meets it.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "server/storage/sql.h"
#include "server/storage/sqlite/connection.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

namespace fs = std::filesystem;

class Hindered : public Store {
 protected:
  Trouble trouble_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const EngineError& error) {
      return error.trouble();
    }
    return Trouble::none;
  }
  Trouble ready() {
    return trouble_of([&] { database->check_writable(); });
  }
};

TEST_F(Hindered, by_nothing) {
  EXPECT_EQ(ready(), Trouble::none);
  put("Basic", "a");
  EXPECT_EQ(ready(), Trouble::none);
  EXPECT_FALSE(database->is_gone());
}

TEST_F(Hindered, by_a_full_disk_until_there_is_room) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_EQ(ready(), Trouble::full) << "before any client has written";
  EXPECT_EQ(trouble_of([&] { put("Basic", "a"); }), Trouble::full);
  EXPECT_EQ(ready(), Trouble::full);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(ready(), Trouble::none);
}

TEST_F(Hindered, by_another_program_that_holds_the_database) {
  Health health;
  sqlite::Connection other(options().directory + "/varde.db", sqlite::Access::write, health);
  other.script("BEGIN IMMEDIATE");
  EXPECT_EQ(trouble_of([&] { put("Basic", "a"); }), Trouble::locked);
  other.script("ROLLBACK");
  EXPECT_EQ(ready(), Trouble::none);
}

TEST_F(Hindered, by_a_directory_that_is_gone) {
  put("Basic", "a");
  fs::rename(options().directory, options().directory + ".moved");
  EXPECT_TRUE(database->is_gone());
  EXPECT_EQ(trouble_of([&] { put("Basic", "b"); }), Trouble::gone) << "a write that would be lost is not acknowledged";
  EXPECT_EQ(ready(), Trouble::gone);
  fs::create_directories(options().directory);
  std::ofstream(options().directory + "/varde.db"), std::ofstream(options().directory + "/varde.lock");
  EXPECT_TRUE(database->is_gone()) << "another one in its place is not it";
}

TEST_F(Hindered, by_a_damaged_page_for_as_long_as_it_runs) {
  write([](Transaction& transaction) {
    for (int i = 0; i < 2000; ++i) put_in(transaction, "Basic", std::to_string(i));
  });
  reopen();  // everything is in the database's own file now
  {
    std::fstream file(options().directory + "/varde.db", std::ios::in | std::ios::out | std::ios::binary);
    const auto pages = fs::file_size(options().directory + "/varde.db") / 4096;
    for (auto page = pages / 2; page < pages; ++page)
      file.seekp(static_cast<std::streamoff>(page * 4096)), file << std::string(4096, '\xEE');
  }
  const auto read_all = [&] {
    database->read([](const Snapshot& snapshot) {
      for (auto rows = snapshot.connection().query(std::string_view("SELECT bytes FROM resource")); rows.next();)
        (void)rows.string(0);
      return 0;
    });
  };
  EXPECT_EQ(trouble_of(read_all), Trouble::damaged);
  EXPECT_EQ(ready(), Trouble::damaged);
}

}  // namespace
}  // namespace varde::storage::test
