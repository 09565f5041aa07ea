// Several processes on one PostgreSQL database: here two Databases in one process, each with connections of its own.
// tests/durability/two_processes_test.cpp does it with real ones.
#include <gmock/gmock.h>

#include <condition_variable>
#include <thread>

#include "server/storage/audit_log.h"
#include "server/storage/messages.h"
#include "server/storage/patients.h"
#include "server/storage/postgresql/connection.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class OnServerShared : public Store {
 protected:
  void SetUp() override {
    if (!varde::test::is_on_postgresql()) GTEST_SKIP() << "on PostgreSQL only";
    other = std::make_unique<Database>(options());
  }
  static std::int64_t symbol(Database& by, const std::string& text) {
    std::int64_t key = 0;
    auto done = by.submit([&](Transaction& transaction) {
      key = transaction.symbol(text);
      return true;
    });
    done->get();
    return key;
  }
  static ResourceKey add(Database& by, const std::string& id, const std::string& patient = {}) {
    ResourceKey key{};
    auto done = by.submit([&](Transaction& transaction) {
      key = put_in(transaction, "Basic", id, {}, Method::create, patient).key;
      return true;
    });
    done->get();
    return key;
  }
  static Version current_of(Database& by, const std::string& id) {
    return *by.read([&](const Snapshot& snapshot) { return snapshot.current(type("Basic"), id); });
  }
  void change(const std::string& sql) {
    Health health;
    postgresql::Connection(options().server, postgresql::Access::read, health).script(sql);
  }
  /// Duties go to the next that asks, in a moment.
  static bool gets(Database& by, std::string_view duty) {
    for (int i = 0; i < 100; ++i) {
      if (by.hold(duty)) return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }

  std::unique_ptr<Database> other;
};

TEST_F(OnServerShared, keys_ascend_and_times_too_whoever_writes) {
  std::vector<ResourceKey> keys;
  std::vector<Instant> times;
  for (int i = 0; i < 6; ++i) {
    const std::string id = std::to_string(i);
    Database& by = i % 2 == 0 ? *database : *other;
    keys.push_back(add(by, id));
    times.push_back(current_of(*database, id).updated);
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end())) << "by creation";
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_EQ(std::adjacent_find(times.begin(), times.end()), times.end()) << "each later than the one before";
}

TEST_F(OnServerShared, what_one_names_the_other_names_alike) {
  const auto first = symbol(*database, "urn:a");
  EXPECT_EQ(symbol(*other, "urn:a"), first);
  const auto second = symbol(*other, "urn:b");
  EXPECT_NE(second, first);
  EXPECT_EQ(symbol(*database, "urn:b"), second);
  EXPECT_EQ(symbol(*database, "urn:a"), first);
}

TEST_F(OnServerShared, who_has_replaced_a_patient_is_known_to_both) {
  PatientKey one{}, two{};
  database
      ->submit([&](Transaction& transaction) {
        one = transaction.claim_patient("one"), two = transaction.claim_patient("two");
        return patients::survivor(transaction, one) == one;  // remembered from here on
      })
      ->get();
  other
      ->submit([&](Transaction& transaction) {
        patients::set_survivor(transaction, transaction.claim_patient("one"), transaction.claim_patient("two"));
        return true;
      })
      ->get();
  PatientKey found{};
  database
      ->submit([&](Transaction& transaction) {
        found = patients::survivor(transaction, one);
        return true;
      })
      ->get();
  EXPECT_EQ(found, two);
}

TEST_F(OnServerShared, a_key_that_was_given_and_undone_is_nobody_elses) {
  const auto first = add(*database, "a");
  ResourceKey undone{};
  database
      ->submit([&](Transaction& transaction) {
        undone = put_in(transaction, "Basic", "undone").key;
        return false;
      })
      ->get();
  const auto next = add(*other, "b"), after = add(*database, "c");
  EXPECT_LT(first, undone);
  EXPECT_LT(first, next);
  EXPECT_LT(next, after);
  EXPECT_NE(undone, next);
  EXPECT_NE(undone, after);
}

TEST_F(OnServerShared, the_audit_log_is_one_chain) {
  const auto digest = [](std::string_view text) {
    return std::string(text.substr(text.size() - 8)) + std::string(24, 'x');
  };
  for (int i = 0; i < 4; ++i) {
    Database& by = i % 2 == 0 ? *database : *other;
    by.submit([&](Transaction& transaction) {
        std::vector<audit_log::Row> rows{{.at = transaction.now(), .agent = "a", .event = std::to_string(i)}};
        audit_log::append(transaction, rows, digest);
        return true;
      })->get();
  }
  const auto rows = other->read([](const Snapshot& snapshot) { return audit_log::from(snapshot, 0, 100); });
  std::vector<std::int64_t> numbers;
  for (const auto& row : rows) numbers.push_back(row.number);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4));
}

TEST_F(OnServerShared, a_duty_is_one_processs_until_it_ends) {
  EXPECT_TRUE(database->is_shared());
  EXPECT_TRUE(database->hold("clock"));
  EXPECT_FALSE(other->hold("clock"));
  EXPECT_TRUE(other->hold("route/folder")) << "another duty";
  EXPECT_TRUE(database->hold("clock")) << "asked again";
  database.reset();
  EXPECT_TRUE(gets(*other, "clock"));
}

TEST_F(OnServerShared, a_duty_goes_with_the_connection_that_held_it) {
  EXPECT_TRUE(database->hold("clock"));
  change(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objid = "
      "hashtext(current_schema() || '/duty/clock')::bit(32)::bigint");
  EXPECT_TRUE(gets(*other, "clock"));
  EXPECT_FALSE(database->hold("clock")) << "it has noticed";
}

TEST_F(OnServerShared, a_proof_is_used_once_by_whomever) {
  EXPECT_TRUE(database->is_first_use("p", 100));
  EXPECT_FALSE(other->is_first_use("p", 100));
  EXPECT_FALSE(database->is_first_use("p", 100));
  EXPECT_TRUE(other->is_first_use("q", 100));
}

TEST_F(OnServerShared, a_secret_is_the_first_ones) {
  const std::string first(32, '\x80'), second(32, '\x00');
  EXPECT_EQ(database->common_secret("cursor", first), first);
  EXPECT_EQ(other->common_secret("cursor", second), first);
  EXPECT_EQ(other->common_secret("another", second), second);
}

TEST_F(OnServerShared, hears_that_something_waits_to_be_sent) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> heard;
  other->on_news([&](std::string_view topic) {
    const std::lock_guard lock(mutex);
    heard.emplace_back(topic);
    changed.notify_all();
  });
  const auto waits_for = [&](const std::string& topic) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 5s, [&] { return std::find(heard.begin(), heard.end(), topic) != heard.end(); });
  };
  EXPECT_TRUE(waits_for("")) << "whatever came before it listened";
  database
      ->submit([&](Transaction& transaction) {
        outbox::add(transaction, {.msg_id = "undone", .type = "APPREC", .receiver_her = "1"});
        return false;
      })
      ->get();
  EXPECT_TRUE(std::find(heard.begin(), heard.end(), kOutboxNews) == heard.end()) << "what is undone is not told";
  database
      ->submit([&](Transaction& transaction) {
        outbox::add(transaction, {.msg_id = "m", .type = "APPREC", .receiver_her = "1"});
        return true;
      })
      ->get();
  EXPECT_TRUE(waits_for(std::string(kOutboxNews)));
  other->on_news({});
}

TEST_F(OnServerShared, jobs_of_both_are_judged_one_after_the_other) {
  // Each counts what is there and adds one with that number: had two counted at the same time, a number came twice.
  constexpr int kTimes = 60;
  const auto count_up = [](Database& by) {
    for (int i = 0; i < kTimes; ++i)
      by.submit([](Transaction& transaction) {
          const auto number = transaction.live_resources(ResourceKey::none, 1000).size();
          put_in(transaction, "Basic", "n" + std::to_string(number), {}, Method::create);
          return true;
        })->get();
  };
  std::jthread second([&] { count_up(*other); });
  count_up(*database);
  second.join();
  EXPECT_EQ(database->read([](const Snapshot& snapshot) { return snapshot.live_resources({}, 1000).size(); }),
            2u * kTimes);
  EXPECT_TRUE(current("Basic", "n119"));
}

TEST_F(OnServerShared, a_lock_that_somebody_holds_on_everything_is_waited_for) {
  Health health;
  postgresql::Connection operators(options().server, postgresql::Access::read, health);
  operators.script("BEGIN");
  operators.script("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/everything', 0))");
  auto waiting = database->submit([](Transaction& transaction) {
    put_in(transaction, "Basic", "a");
    return true;
  });
  EXPECT_EQ(waiting->wait_for(200ms), std::future_status::timeout);
  operators.script("COMMIT");
  waiting->get();
  EXPECT_TRUE(current("Basic", "a"));
}

}  // namespace
}  // namespace varde::storage::test
