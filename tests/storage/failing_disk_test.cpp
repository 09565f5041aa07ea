// A disk that takes no more: every write of the group is told so, nothing of it stays, and work goes on afterwards.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "server/storage/sql.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

/// While it lives the operating system refuses to write any file of this process beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

class FailingDisk : public Store {
 protected:
  std::string integrity() {
    return database->read([](const Snapshot& snapshot) {
      auto rows = snapshot.connection().query(std::string_view("PRAGMA integrity_check"));
      rows.next();
      return rows.string(0);
    });
  }
  std::int64_t resources() {
    return database->read([](const Snapshot& snapshot) {
      auto rows = snapshot.connection().query(std::string_view("SELECT count(*) FROM resource"));
      rows.next();
      return rows.integer(0);
    });
  }
};

TEST_F(FailingDisk, refuses_a_whole_group_when_the_commit_fails_and_then_goes_on) {
  put("Basic", "before");
  {
    const FileSizeLimit full(4096);
    std::vector<std::future<void>> answers;
    for (int i = 0; i < 20; ++i)
      answers.push_back(database
                            ->submit([i](Transaction& transaction) {
                              put_in(transaction, "Basic", std::to_string(i));
                              return i % 2 == 0;
                            })
                            .value());
    for (auto& answer : answers) EXPECT_THROW(answer.get(), EngineError);
    EXPECT_EQ(resources(), 1);
  }
  EXPECT_EQ(put("Basic", "before").version, 2);
  put("Basic", "after");
  EXPECT_EQ(resources(), 2);
  EXPECT_EQ(integrity(), "ok");
  reopen();
  EXPECT_EQ(resources(), 2);
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(FailingDisk, refuses_what_does_not_fit_into_a_full_database_and_keeps_what_does) {
  put("Basic", "before");
  write([](Transaction& transaction) {
    auto pages = transaction.connection().query(std::string_view("PRAGMA page_count"));
    pages.next();
    transaction.connection().script("PRAGMA max_page_count = " + std::to_string(pages.integer(0) + 4));
  });
  const auto put_large = [&](const std::string& id) {
    write([&](Transaction& transaction) {
      transaction.put({.type = type("Basic"),
                       .id = id,
                       .version = 1,
                       .updated = transaction.now(),
                       .bytes = std::string(1 << 20, 'x')},
                      {});
    });
  };
  EXPECT_THROW(put_large("large"), EngineError);
  EXPECT_THROW(put_large("large"), EngineError);
  put("Basic", "small");
  EXPECT_FALSE(current("Basic", "large"));
  write([](Transaction& transaction) { transaction.connection().script("PRAGMA max_page_count = 1000000"); });
  put_large("large");
  EXPECT_EQ(resources(), 3);
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(FailingDisk, gives_a_symbol_again_that_went_with_a_failed_commit) {
  IndexRows rows;
  rows.tokens.push_back({parameter_key("Basic", "identifier"), "http://example.org/new", "1"});
  {
    const FileSizeLimit full(4096);
    EXPECT_THROW(put("Basic", "lost", rows), EngineError);
  }
  const auto kept = put("Basic", "kept", rows);
  EXPECT_EQ(database->read([](const Snapshot& snapshot) {
    return snapshot.by_identifier(type("Basic"), "http://example.org/new", "1");
  }),
            std::vector{kept.key});
}

}  // namespace
}  // namespace varde::storage::test
