// One durable commit for all that wait; each job undone alone; nobody answered before the commit.
#include <gmock/gmock.h>

#include <latch>
#include <thread>

#include "server/storage/sql.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

class GroupCommit : public Store {
 protected:
  /// Keeps the writer busy inside a job until released, so that what comes meanwhile becomes one group.
  class Hold {
   public:
    explicit Hold(Database& database)
        : done_(database
                    .submit([this](Transaction&) {
                      entered_.count_down();
                      release_.wait();
                      return true;
                    })
                    .value()) {
      entered_.wait();
    }
    void release() {
      release_.count_down();
      done_.get();
    }

   private:
    std::latch entered_{1}, release_{1};
    std::future<void> done_;
  };
  static std::function<bool(Transaction&)> storing(const std::string& id, bool keep = true) {
    return [id, keep](Transaction& transaction) {
      put_in(transaction, "Basic", id);
      return keep;
    };
  }
};

TEST_F(GroupCommit, undoes_alone_what_refuses_or_throws) {
  Hold hold(*database);
  auto first = database->submit(storing("first")).value();
  auto refused = database->submit(storing("refused", false)).value();
  auto thrown = database
                    ->submit([](Transaction& transaction) -> bool {
                      put_in(transaction, "Basic", "thrown");
                      throw std::runtime_error("in the middle");
                    })
                    .value();
  auto last = database->submit(storing("last")).value();
  hold.release();

  first.get(), refused.get(), last.get();
  EXPECT_THROW(thrown.get(), std::runtime_error);
  EXPECT_TRUE(current("Basic", "first"));
  EXPECT_FALSE(current("Basic", "refused"));
  EXPECT_FALSE(current("Basic", "thrown"));
  EXPECT_TRUE(current("Basic", "last"));
}

TEST_F(GroupCommit, gives_a_symbol_again_that_an_undone_job_had_named) {
  IndexRows rows;
  rows.tokens.push_back({parameter_key("Basic", "identifier"), "http://example.org/new", "1"});
  Hold hold(*database);
  auto refused = database
                     ->submit([&](Transaction& transaction) {
                       put_in(transaction, "Basic", "refused", rows);
                       return false;
                     })
                     .value();
  auto kept = database
                  ->submit([&](Transaction& transaction) {
                    put_in(transaction, "Basic", "kept", rows);
                    return true;
                  })
                  .value();
  hold.release();
  refused.get(), kept.get();
  const auto found = database->read(
      [](const Snapshot& snapshot) { return snapshot.by_identifier(type("Basic"), "http://example.org/new", "1"); });
  EXPECT_EQ(found, std::vector{current("Basic", "kept")->key});
}

TEST_F(GroupCommit, shows_a_job_what_the_one_before_is_found_by_and_keeps_it_when_that_job_is_undone) {
  const auto found_by = [](const Snapshot& snapshot, std::string_view code) {
    return snapshot.by_identifier(type("Basic"), "urn:x", code).size();
  };
  const auto storing_with = [](const std::string& id) {
    IndexRows rows;
    rows.tokens.push_back({parameter_key("Basic", "identifier"), "urn:x", id});
    return rows;
  };
  std::size_t seen_of_first = 0, seen_of_own = 0;
  Hold hold(*database);
  auto first = database
                   ->submit([&](Transaction& transaction) {
                     put_in(transaction, "Basic", "first", storing_with("first"));
                     return true;
                   })
                   .value();
  auto undone = database
                    ->submit([&](Transaction& transaction) {
                      put_in(transaction, "Basic", "undone", storing_with("undone"));
                      seen_of_first = found_by(transaction, "first"), seen_of_own = found_by(transaction, "undone");
                      put_in(transaction, "Basic", "undone-too", storing_with("undone-too"));
                      return false;
                    })
                    .value();
  auto last = database
                  ->submit([&](Transaction& transaction) {
                    put_in(transaction, "Basic", "last", storing_with("last"));
                    return true;
                  })
                  .value();
  hold.release();
  first.get(), undone.get(), last.get();

  EXPECT_EQ(seen_of_first, 1u);
  EXPECT_EQ(seen_of_own, 1u);
  const auto found = [&](std::string_view code) {
    return database->read([&](const Snapshot& snapshot) { return found_by(snapshot, code); });
  };
  EXPECT_EQ(found("first"), 1u);
  EXPECT_EQ(found("undone"), 0u);
  EXPECT_EQ(found("undone-too"), 0u);
  EXPECT_EQ(found("last"), 1u);
}

TEST_F(GroupCommit, gives_a_patient_again_whom_an_undone_job_had_named) {
  Hold hold(*database);
  const auto measuring = [this](const std::string& patient, const std::string& id, bool keep) {
    return database
        ->submit([=](Transaction& transaction) {
          put_in(transaction, "Observation", id, {}, Method::create, patient);
          EXPECT_EQ(transaction.patient_id(transaction.patient_key(patient)), patient);
          return keep;
        })
        .value();
  };
  auto undone = measuring("kari", "undone", false), other = measuring("ola", "other", true),
       again = measuring("kari", "again", true);
  hold.release();
  undone.get(), other.get(), again.get();
  const auto patient_of = [&](std::string_view observation) {
    return database->read([&](const Snapshot& snapshot) {
      return snapshot.patient_id(snapshot.current(type("Observation"), observation)->patient);
    });
  };
  EXPECT_EQ(patient_of("other"), "ola");
  EXPECT_EQ(patient_of("again"), "kari");
}

TEST_F(GroupCommit, lets_later_jobs_see_what_earlier_ones_of_the_group_wrote) {
  Hold hold(*database);
  auto first = database->submit(storing("a")).value();
  std::int64_t seen = 0;
  auto second = database
                    ->submit([&](Transaction& transaction) {
                      seen = transaction.current(type("Basic"), "a")->version;
                      return true;
                    })
                    .value();
  hold.release();
  first.get(), second.get();
  EXPECT_EQ(seen, 1);
}

TEST_F(GroupCommit, answers_a_failure_as_the_value_it_is) {
  const auto written = database->write([](Transaction& transaction) -> Result<int> {
    put_in(transaction, "Basic", "a");
    return fail(Fault::business_rule, "No.");
  });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().fault, Fault::business_rule);
  EXPECT_FALSE(current("Basic", "a"));
}

TEST_F(GroupCommit, refuses_work_beyond_the_queue_and_takes_it_again_afterwards) {
  database.reset();
  auto small = options();
  small.queue_limit = 2;
  database = std::make_unique<Database>(small);
  Hold hold(*database);
  auto first = database->submit(storing("1")), second = database->submit(storing("2"));
  ASSERT_TRUE(first && second);
  const auto third = database->submit(storing("3"));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().fault, Fault::busy);
  hold.release();
  first->get(), second->get();
  put("Basic", "3");
  EXPECT_TRUE(current("Basic", "2"));
}

TEST_F(GroupCommit, finishes_what_is_queued_before_the_database_closes) {
  std::vector<std::future<void>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(database->submit(storing(std::to_string(i))).value());
  reopen();
  for (auto& answer : answers) answer.get();
  EXPECT_TRUE(current("Basic", "99"));
}

TEST_F(GroupCommit, shows_every_reader_what_was_acknowledged_before_it_began) {
  std::vector<std::jthread> clients;
  std::atomic<int> missed = 0;
  for (int client = 0; client < 8; ++client)
    clients.emplace_back([&, client] {
      for (int i = 0; i < 50; ++i) {
        const auto id = std::to_string(client) + "-" + std::to_string(i);
        database->write([&](Transaction& transaction) -> Result<void> {
          put_in(transaction, "Basic", id);
          return {};
        });
        if (!current("Basic", id)) ++missed;
      }
    });
  clients.clear();
  EXPECT_EQ(missed, 0);
}

TEST_F(GroupCommit, keeps_a_snapshot_as_it_was_while_others_write) {
  put("Basic", "a");
  database->read([&](const Snapshot& snapshot) {
    EXPECT_EQ(snapshot.current(type("Basic"), "a")->version, 1);
    std::jthread([&] { put("Basic", "a"); }).join();
    EXPECT_EQ(snapshot.current(type("Basic"), "a")->version, 1);
    return 0;
  });
  EXPECT_EQ(current("Basic", "a")->version, 2);
}

TEST_F(GroupCommit, does_not_let_a_reader_write) {
  database->read([](const Snapshot& snapshot) {
    EXPECT_THROW(snapshot.connection().run(std::string_view("DELETE FROM resource")), EngineError);
    return 0;
  });
}

TEST_F(GroupCommit, gives_the_connection_back_when_a_reader_throws) {
  for (int i = 0; i < 20; ++i)
    EXPECT_THROW(database->read([](const Snapshot&) -> int { throw std::runtime_error("reader"); }),
                 std::runtime_error);
  put("Basic", "a");
  EXPECT_TRUE(current("Basic", "a"));
}

TEST_F(GroupCommit, a_large_batch_takes_turns_and_leaves_the_queue_to_others) {
  constexpr int kMany = 5000;
  std::vector<std::future<void>> waiting;
  std::thread batch([&] {
    for (int i = 0; i < kMany; ++i) {
      auto queued = database->submit([](Transaction&) { return false; });
      ASSERT_TRUE(queued) << i;
      waiting.push_back(std::move(*queued));
    }
  });
  batch.join();
  for (auto& one : waiting) one.get();

  Hold hold(*database);
  std::latch full(256);
  std::jthread blocked([&] {
    for (int i = 0; i < kMany; ++i) {
      (void)database->submit([](Transaction&) { return false; });
      if (i < 256) full.count_down();
    }
  });
  full.wait();
  auto other = database->submit(storing("other"));
  ASSERT_TRUE(other) << "the queue has room for everybody else";
  hold.release();
  other->get();
}

}  // namespace
}  // namespace varde::storage::test
