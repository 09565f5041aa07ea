// Opening a store on a PostgreSQL server, and what the server does to us. The statements that both engines take are in
// the other files, which run on either.
#include <gmock/gmock.h>

#include "server/storage/index_entries.h"
#include "server/storage/postgresql/connection.h"
#include "server/storage/postgresql/dialect.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using ::testing::HasSubstr;

TEST(Dialect, numbers_parameters_and_leaves_hints_out) {
  EXPECT_EQ(postgresql::in_dialect("SELECT a FROM t INDEXED BY t_by_a WHERE b = ?1 AND c = '?' AND \"?\" = ?12"),
            "SELECT a FROM t WHERE b = $1 AND c = '?' AND \"?\" = $12");
  EXPECT_EQ(postgresql::in_dialect("SELECT count(*) FROM (SELECT 1 FROM date x INDEXED BY d)"),
            "SELECT count(*) FROM (SELECT 1 FROM date x)");
  EXPECT_EQ(postgresql::in_dialect("FROM token x CROSS JOIN resource r ON r.key = x.resource"),
            "FROM token x JOIN resource r ON r.key = x.resource");
  EXPECT_EQ(postgresql::in_dialect("SELECT 1 FROM t INDEXED BY t_by_a"), "SELECT 1 FROM t");
}

TEST(IndexText, is_cut_to_what_a_key_may_hold_and_still_told_apart) {
  const std::string start(1980, 'a'), a = start + "\xC3\xA5\xC3\xA5" + std::string(40, 'b'), b = a + "c";
  EXPECT_EQ(index_text("short", 2000), "short");
  EXPECT_LE(index_text(a, 2000).size(), 2000u);
  EXPECT_NE(index_text(a, 2000), index_text(b, 2000));
  EXPECT_EQ(index_text(a, 2000), index_text(std::string(a), 2000));
  EXPECT_EQ(index_bound(a, 2000), start + "\xC3\xA5") << "never within a character";
  EXPECT_LE(index_bound(a, 2000), index_text(a, 2000)) << "a range from it holds the cut text";
  EXPECT_LT(index_text(a, 2000), a) << "and the cut text comes before what it was cut from";
}

/// These need the server: they run where the others run on PostgreSQL.
class OnServer : public Store {
 protected:
  void SetUp() override {
    if (!varde::test::is_on_postgresql()) GTEST_SKIP() << "on PostgreSQL only";
  }
  std::string refusal() {
    try {
      Database second(options());
    } catch (const EngineError& error) {
      return error.what();
    }
    return "opened";
  }
  void change(const std::string& sql) {
    Health health;
    postgresql::Connection(options().server, postgresql::Access::read, health).script(sql);
  }
};

TEST_F(OnServer, an_older_varde_that_shares_with_nobody_is_waited_for_and_told_of) {
  database.reset();
  Health health;
  postgresql::Connection older(options().server, postgresql::Access::read, health);
  older.script("SELECT pg_advisory_lock(1447121476, hashtext(current_schema()))");
  EXPECT_THAT(refusal(), HasSubstr("an older varde process is using this database"));
  older.script("SELECT pg_advisory_unlock_all()");
  EXPECT_EQ(refusal(), "opened");
}

TEST_F(OnServer, a_schema_newer_than_ours_is_refused) {
  database.reset();
  change("INSERT INTO schema_version VALUES (9999, '9999-from-the-future.sql', 0)");
  EXPECT_THAT(refusal(), HasSubstr("newer Varde (schema 9999"));
}

TEST_F(OnServer, another_programs_tables_are_left_alone) {
  database.reset();
  varde::test::forget_store(options().directory);
  change("CREATE TABLE theirs (x INTEGER)");
  EXPECT_THAT(refusal(), HasSubstr("tables of another program"));
}

TEST_F(OnServer, opening_a_second_time_applies_nothing_again) {
  put("Basic", "a");
  reopen();
  reopen();
  EXPECT_EQ(current("Basic", "a")->version, 1);
}

TEST_F(OnServer, tells_the_size_of_its_tables) {
  const auto before = database->bytes_on_disk();
  EXPECT_GT(before, 0u);
  for (int i = 0; i < 300; ++i) put("Basic", std::to_string(i));
  EXPECT_GT(database->bytes_on_disk(), before);
}

/// Each connection of ours but this one is ended by the server, as when it is restarted.
TEST_F(OnServer, connections_that_were_ended_are_made_anew) {
  put("Basic", "a");
  ASSERT_TRUE(current("Basic", "a"));
  change(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'varde' AND pid <> "
      "pg_backend_pid() AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = "
      "hashtext(current_schema())::bit(32)::bigint)");
  put("Basic", "b");
  EXPECT_TRUE(current("Basic", "b"));
}

TEST_F(OnServer, a_connection_lost_within_a_job_undoes_it_and_says_that_the_server_is_away) {
  put("Basic", "a");
  auto lost = database->submit([&](Transaction& transaction) {
    put_in(transaction, "Basic", "lost");
    change(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objid = "
        "hashtext(current_schema())::bit(32)::bigint");
    put_in(transaction, "Basic", "more");
    return true;
  });
  try {
    lost->get();
    FAIL() << "acknowledged";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.trouble(), Trouble::away) << error.what();
  }
  put("Basic", "b");
  EXPECT_FALSE(current("Basic", "lost"));
  EXPECT_TRUE(current("Basic", "b"));
  EXPECT_NO_THROW(database->check_writable());
}

TEST_F(OnServer, a_server_that_is_not_there_is_said_so) {
  auto nowhere = options();
  nowhere.server = "postgresql://varde@/postgres?host=/nowhere";
  try {
    Database{nowhere};
    FAIL() << "opened";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.trouble(), Trouble::away);
    EXPECT_THAT(error.what(), HasSubstr("cannot be reached"));
  }
}

}  // namespace
}  // namespace varde::storage::test
