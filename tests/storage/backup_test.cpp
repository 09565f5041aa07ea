// A backup is whole, checked and of one moment; a restore leaves the old store or the new one.
#include "server/storage/backup.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "server/storage/sql.h"
#include "server/storage/whole_file.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

void quietly(std::uint64_t, std::uint64_t) {}

class Backup : public Store {
 protected:
  std::string refusal(const std::function<void()>& work) {
    try {
      work();
    } catch (const EngineError& error) {
      return error.what();
    }
    return "done";
  }
  void back_up_now() { back_up(options().directory, file, quietly); }
  std::string restore_now(Replace replace = Replace::no) {
    return refusal([&] { restore(file, target, replace, quietly); });
  }
  std::int64_t count_in(const std::string& data) {
    Options with = options();
    with.directory = data;
    return Database(with).read([](const Snapshot& snapshot) {
      auto rows = snapshot.connection().query(std::string_view("SELECT count(*) FROM resource"));
      return rows.next() ? rows.integer(0) : -1;
    });
  }
  std::vector<std::string> files_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
    return names;
  }
  void make_folder() { fs::create_directories(file.parent_path()); }
  const fs::path file = fs::path(directory.path()) / "backups" / "b.db";
  const std::string target = directory.path() + "/restored";
};

TEST_F(Backup, of_a_running_store_holds_all_that_was_acknowledged) {
  make_folder();
  for (int i = 0; i < 50; ++i) put("Basic", std::to_string(i));
  back_up_now();
  EXPECT_THAT(files_in(file.parent_path()), UnorderedElementsAre("b.db"));
  struct stat status {};
  ::stat(file.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_EQ(restore_now(), "done");
  EXPECT_EQ(count_in(target), 50);
  put("Basic", "later");
  back_up_now();
  EXPECT_EQ(restore_now(Replace::yes), "done");
  EXPECT_EQ(count_in(target), 51);
}

TEST_F(Backup, is_of_one_moment_while_writes_go_on) {
  make_folder();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i)
      write([&](Transaction& transaction) {
        put_in(transaction, "Basic", "left-" + std::to_string(i)),
            put_in(transaction, "Basic", "right-" + std::to_string(i));
      });
  });
  for (int i = 0; i < 10; ++i) {
    back_up_now();
    EXPECT_EQ(restore_now(Replace::yes), "done");
    EXPECT_EQ(count_in(target) % 2, 0);
  }
  stop = true;
  writer.join();
}

TEST_F(Backup, restores_beside_what_was_only_where_that_is_asked_for) {
  make_folder();
  put("Basic", "a");
  back_up_now();
  put("Basic", "b");
  EXPECT_THAT(refusal([&] { restore(file, options().directory, Replace::yes, quietly); }), HasSubstr("is using"));
  database.reset();
  EXPECT_THAT(refusal([&] { restore(file, options().directory, Replace::no, quietly); }), HasSubstr("--replace"));
  EXPECT_EQ(count_in(options().directory), 2);
  restore(file, options().directory, Replace::yes, quietly);
  EXPECT_EQ(count_in(options().directory), 1);
  fs::create_directories(target);
  fs::copy_file(options().directory + "/varde.db.before-restore", target + "/varde.db");
  EXPECT_EQ(count_in(target), 2);
}

TEST_F(Backup, replaces_a_store_whose_log_is_damaged_together_with_its_log) {
  make_folder();
  put("Basic", "a");
  back_up_now();
  for (int i = 0; i < 5; ++i) put("Basic", std::to_string(i));
  fs::create_directories(target);
  for (const char* name : {"/varde.db", "/varde.db-wal"}) fs::copy_file(options().directory + name, target + name);
  std::fstream log(target + "/varde.db-wal", std::ios::in | std::ios::out | std::ios::binary);
  log.seekp(32 + 200), log.put('!'), log.close();
  EXPECT_EQ(restore_now(Replace::yes), "done");
  EXPECT_EQ(count_in(target), 1);
  EXPECT_TRUE(fs::exists(target + "/varde.db.before-restore-wal"));
}

TEST_F(Backup, that_is_damaged_or_none_of_ours_is_refused_and_changes_nothing) {
  make_folder();
  for (int i = 0; i < 200; ++i) put("Basic", std::to_string(i));
  back_up_now();
  EXPECT_EQ(restore_now(), "done");
  {
    std::fstream copy(file, std::ios::in | std::ios::out | std::ios::binary);
    copy.seekp(static_cast<std::streamoff>(fs::file_size(file) / 4096 / 2 * 4096));
    copy << std::string(4096, 'x');
  }
  EXPECT_THAT(restore_now(Replace::yes), HasSubstr("the copy cannot be used"));
  write_whole(file, std::string(8192, 'x'));
  EXPECT_THAT(restore_now(Replace::yes), HasSubstr("not a database"));
  fs::remove(file);
  EXPECT_THAT(restore_now(Replace::yes), HasSubstr("no backup"));
  EXPECT_EQ(count_in(target), 200);
  EXPECT_FALSE(fs::exists(target + "/varde.db.restoring"));
}

TEST_F(Backup, that_was_broken_off_between_two_stores_lets_no_empty_one_start) {
  make_folder();
  put("Basic", "a");
  back_up_now();
  fs::create_directories(target);
  fs::copy_file(file, target + "/varde.db.restoring");
  EXPECT_THAT(refusal([&] { count_in(target); }), HasSubstr("broken off"));
  EXPECT_EQ(restore_now(), "done");
  EXPECT_EQ(count_in(target), 1);
}

TEST_F(Backup, of_no_store_is_refused) {
  EXPECT_THAT(refusal([&] { back_up(directory.path() + "/nothing", file, quietly); }), HasSubstr("no store"));
}

}  // namespace
}  // namespace varde::storage::test
