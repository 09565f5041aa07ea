// Opening a store: private files, one process at a time, and no guess about a schema we do not know.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "server/storage/sqlite/connection.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using ::testing::HasSubstr;

class Opening : public Store {
 protected:
  std::string refusal() {
    try {
      Database second(options());
    } catch (const EngineError& error) {
      return error.what();
    }
    return "opened";
  }
  unsigned mode(const std::string& name) {
    struct stat status {};
    ::stat((options().directory + name).c_str(), &status);
    return status.st_mode & 0777u;
  }
  /// What another program does to the file while nobody has it open.
  void change_file(const std::string& sql) {
    database.reset();
    Health health;
    sqlite::Connection(options().directory + "/varde.db", sqlite::Access::write, health).script(sql);
  }
};

TEST_F(Opening, makes_files_that_only_their_owner_may_read) {
  put("Basic", "a");
  EXPECT_EQ(mode(""), 0700u);
  for (const auto* name : {"/varde.db", "/varde.db-wal", "/varde.db-shm", "/varde.lock"})
    EXPECT_EQ(mode(name), 0600u) << name;
}

TEST_F(Opening, is_refused_while_another_has_the_directory) {
  EXPECT_THAT(refusal(), HasSubstr("another varde process is using"));
  database.reset();
  EXPECT_EQ(refusal(), "opened");
}

TEST_F(Opening, is_refused_for_a_schema_newer_than_ours) {
  change_file("INSERT INTO schema_version VALUES (9999, '9999-from-the-future.sql', 0)");
  EXPECT_THAT(refusal(), HasSubstr("newer Varde (schema 9999"));
}

TEST_F(Opening, is_refused_for_another_programs_database_and_leaves_it_alone) {
  database.reset();
  std::filesystem::resize_file(options().directory + "/varde.db", 0);
  change_file("CREATE TABLE theirs (x); PRAGMA journal_mode = DELETE");
  EXPECT_THAT(refusal(), HasSubstr("database of another program"));
}

TEST_F(Opening, is_refused_for_a_file_that_is_no_database) {
  database.reset();
  std::filesystem::resize_file(options().directory + "/varde.db", 0);
  FILE* file = std::fopen((options().directory + "/varde.db").c_str(), "w");
  std::fputs(std::string(8192, 'x').c_str(), file);
  std::fclose(file);
  EXPECT_THAT(refusal(), HasSubstr("not a database"));
}

TEST_F(Opening, a_second_time_applies_nothing_again) {
  put("Basic", "a");
  reopen();
  reopen();
  EXPECT_EQ(current("Basic", "a")->version, 1);
}

TEST_F(Opening, says_which_directory_cannot_be_made) {
  auto wrong = options();
  wrong.directory = "/proc/varde";
  EXPECT_THROW(Database{wrong}, EngineError);
}

TEST_F(Opening, tells_the_size_on_disk) {
  const auto before = database->bytes_on_disk();
  for (int i = 0; i < 200; ++i) put("Basic", std::to_string(i));
  EXPECT_GT(database->bytes_on_disk(), before);
}

}  // namespace
}  // namespace varde::storage::test
