// Rows of many writes go to the engine together, on SQLite those of the search index, on PostgreSQL all: what is undone
// is undone alone all the same, what is read sees what was written, and a row that the server refuses costs its own
// writer alone.
#include "server/storage/postgresql/gathered.h"

#include <gmock/gmock.h>

#include <future>

#include "server/storage/observed.h"
#include "server/storage/search/count.h"
#include "server/storage/sqlite/gathered.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using postgresql::Gathered;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(GatheredRows, are_inserted_by_one_statement) {
  EXPECT_EQ(postgresql::insert_of_many("INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING"),
            "INSERT INTO t (a, b) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING");
}

TEST(GatheredRows, become_an_array_for_each_column) {
  Gathered rows;
  EXPECT_TRUE(rows.add({{25, "ab"}}, 0));
  EXPECT_TRUE(rows.add({{25, ""}}, 0));
  const auto parameters = rows.take(2);
  EXPECT_THAT(parameters.types, ElementsAre(1009));
  using namespace std::string_literals;
  EXPECT_EQ(parameters.arrays.front(),
            "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1"
            "\0\0\0\2ab\0\0\0\0"s);
  EXPECT_EQ(rows.rows(), 0u);
}

TEST(GatheredRows, behind_a_mark_are_dropped_and_their_keys_with_them) {
  Gathered rows;
  EXPECT_TRUE(rows.add({{25, "a"}, {25, "1"}}, 1));
  rows.mark();
  EXPECT_TRUE(rows.add({{25, "b"}, {25, "2"}}, 1));
  EXPECT_FALSE(rows.add({{25, "b"}, {25, "3"}}, 1)) << "one statement may not hold both";
  rows.drop_behind_mark();
  EXPECT_EQ(rows.rows(), 1u);
  EXPECT_FALSE(rows.add({{25, "a"}, {25, "4"}}, 1));
  EXPECT_TRUE(rows.add({{25, "b"}, {25, "5"}}, 1));
  EXPECT_THAT(rows.take(1).arrays, ::testing::SizeIs(2));
  EXPECT_TRUE(rows.add({{25, "a"}, {25, "6"}}, 1)) << "it has been sent";
  EXPECT_FALSE(rows.add({{25, "b"}, {25, "7"}}, 1));
}

sqlite::GatheredRow row_of(std::int64_t number, std::string_view text) {
  sqlite::GatheredRow row;
  row.add(number), row.add(text);
  return row;
}

TEST(GatheredIndexRows, sort_by_their_columns_and_give_back_what_was_put_in) {
  using namespace std::string_literals;
  sqlite::Gathered rows;
  const auto put = [&](std::int64_t number, std::string_view text) { rows.add(row_of(number, text)); };
  put(7, "b"), put(7, "a\0c"s), put(-7, ""), put(INT64_MIN, "x");
  std::vector<std::pair<std::int64_t, std::string>> found;
  for (const std::string& row : rows.take()) {
    std::string_view rest = row;
    const std::int64_t number = sqlite::take_value(rest).number;
    const auto text = sqlite::take_value(rest);
    EXPECT_TRUE(text.is_text);
    EXPECT_TRUE(rest.empty());
    found.emplace_back(number, text.text);
  }
  EXPECT_THAT(found, ElementsAre(std::pair(INT64_MIN, "x"s), std::pair(std::int64_t{-7}, ""s),
                                 std::pair(std::int64_t{7}, "b"s), std::pair(std::int64_t{7}, "a\0c"s)));
  EXPECT_TRUE(rows.empty());
}

TEST(GatheredIndexRows, that_were_sent_within_a_part_wait_again_when_it_is_undone) {
  sqlite::Gathered rows;
  const auto before = row_of(1, "before"), within = row_of(2, "within"), behind = row_of(3, "behind");
  rows.add(before);
  rows.mark();
  rows.add(within);
  EXPECT_THAT(rows.take(), ElementsAre(before.bytes(), within.bytes()));
  rows.add(behind);
  rows.undo();
  EXPECT_THAT(rows.take(sqlite::key_of(before.bytes())), ElementsAre(before.bytes()));
  EXPECT_THAT(rows.take(), IsEmpty());
}

TEST(GatheredIndexRows, of_one_key_are_taken_alone_and_wait_again_when_that_is_undone) {
  sqlite::Gathered rows;
  auto one = row_of(1, "a"), two = row_of(1, "a");
  const auto other = row_of(1, "b");
  one.add(std::int64_t{5}), two.add(std::int64_t{4});
  rows.add(other), rows.add(one);
  rows.mark();
  rows.add(two);
  const auto key = sqlite::key_of(one.bytes());
  EXPECT_EQ(key, row_of(1, "a").bytes());
  EXPECT_THAT(rows.take(key), ElementsAre(two.bytes(), one.bytes()));
  EXPECT_THAT(rows.take(key), IsEmpty()) << "they have been sent";
  rows.undo();
  EXPECT_THAT(rows.take(key), ElementsAre(one.bytes())) << "of the undone part there is nothing";
  rows.mark();
  rows.add(two);
  rows.undo();
  rows.add(row_of(7, "where the undone one stood"));
  EXPECT_THAT(rows.take(key), IsEmpty());
  EXPECT_THAT(rows.take(), ElementsAre(other.bytes(), row_of(7, "where the undone one stood").bytes()));
}

TEST(GatheredIndexRows, are_those_of_the_search_index) {
  EXPECT_EQ(sqlite::table_of_insert("INSERT INTO token (a) VALUES (?1)"), "token");
  EXPECT_TRUE(sqlite::is_gathered("number"));
  EXPECT_FALSE(sqlite::is_gathered("resource"));
}

/// Several jobs that share one transaction.
class Together : public Store {
 protected:
  using Job = std::function<bool(Transaction&)>;
  static Job puts(const std::string& id, const std::string& bytes = "x") {
    return [=](Transaction& transaction) {
      transaction.put({.type = type("Basic"), .id = id, .version = 1, .updated = transaction.now(), .bytes = bytes},
                      {});
      return true;
    };
  }
  static Job undone(Job job) {
    return [job = std::move(job)](Transaction& transaction) {
      job(transaction);
      return false;
    };
  }
  /// What became of each: none where it was acknowledged.
  std::vector<Trouble> together(std::vector<Job> jobs) {
    std::promise<void> all_are_here;
    std::vector<std::future<void>> answers;
    answers.push_back(*database->submit([&](Transaction&) {
      all_are_here.get_future().wait();
      return true;
    }));
    for (auto& job : jobs) answers.push_back(*database->submit(std::move(job)));
    all_are_here.set_value();
    std::vector<Trouble> out;
    for (auto& answer : answers) try {
        answer.get();
        out.push_back(Trouble::none);
      } catch (const EngineError& error) {
        out.push_back(error.trouble());
      }
    out.erase(out.begin());
    return out;
  }
};

/// Jobs that change the words of resources.
class WordsTogether : public Together {
 protected:
  static constexpr auto kContent = parameter_key("Basic", "_content");
  static Job says(const std::string& id, const std::string& word) {
    return [=](Transaction& transaction) {
      IndexRows rows;
      rows.words.push_back({kContent, word});
      put_in(transaction, "Basic", id, rows);
      return true;
    };
  }
  static std::size_t holding(const Snapshot& snapshot, const std::string& word) {
    return count_up_to(snapshot, row_condition({Walk::word, {word_term(kContent, word)}}), 100);
  }
  std::size_t holding(const std::string& word) {
    return database->read([&](const Snapshot& snapshot) { return holding(snapshot, word); });
  }
};

TEST_F(WordsTogether, are_found_while_they_wait_and_those_of_an_undone_job_are_not) {
  const Job looks = [](Transaction& transaction) {
    says("looked", "beta")(transaction);
    EXPECT_EQ(holding(transaction, "alfa"), 1u) << "of a job before it";
    EXPECT_EQ(holding(transaction, "beta"), 1u) << "its own";
    says("a", "gamma")(transaction);
    EXPECT_EQ(holding(transaction, "alfa"), 0u) << "they were replaced";
    return false;
  };
  EXPECT_THAT(together({says("a", "alfa"), undone(says("b", "alfa")), looks, says("c", "delta")}), Each(Trouble::none));
  EXPECT_EQ(holding("alfa"), 1u);
  for (const char* word : {"beta", "gamma"}) EXPECT_EQ(holding(word), 0u) << word;
  EXPECT_EQ(holding("delta"), 1u);
}

TEST_F(WordsTogether, that_are_replaced_or_go_with_their_resource_are_found_no_longer) {
  write([](Transaction& transaction) { says("a", "alfa")(transaction), says("b", "alfabet")(transaction); });
  const auto beginning = [this](const std::string& begin) {
    return database->read([&](const Snapshot& snapshot) {
      return count_up_to(snapshot, row_condition({Walk::word_beginning, {word_term(kContent, begin)}}), 100);
    });
  };
  EXPECT_EQ(beginning("alfa"), 2u);
  EXPECT_EQ(holding("alfa"), 1u);
  write([](Transaction& transaction) { says("b", "beta")(transaction); });
  EXPECT_EQ(beginning("alfa"), 1u);
  put("Basic", "a", {}, Method::remove);
  EXPECT_EQ(beginning("alfa"), 0u);
  EXPECT_EQ(beginning(""), 1u) << "any word at all";
}

/// Where the rows of all tables wait.
class OnServerGathered : public Together {
 protected:
  void SetUp() override {
    if (!varde::test::is_on_postgresql()) GTEST_SKIP() << "on PostgreSQL only";
    put("Basic", "first");
  }
};

TEST_F(OnServerGathered, what_is_undone_is_undone_alone) {
  EXPECT_THAT(together({puts("a"), undone(puts("b")), puts("c")}),
              ElementsAre(Trouble::none, Trouble::none, Trouble::none));
  EXPECT_TRUE(current("Basic", "a"));
  EXPECT_FALSE(current("Basic", "b"));
  EXPECT_TRUE(current("Basic", "c"));
}

TEST_F(OnServerGathered, what_is_undone_after_a_read_is_undone_alone) {
  const auto looks = [](const std::string& id, bool keep) -> Job {
    return [=](Transaction& transaction) {
      puts(id)(transaction);
      EXPECT_TRUE(transaction.current(type("Basic"), id)) << "what was written in it is seen";
      EXPECT_TRUE(transaction.current(type("Basic"), "a")) << "and what was before it";
      puts(id + "-more")(transaction);
      return keep;
    };
  };
  EXPECT_THAT(together({puts("a"), looks("b", false), looks("c", true), puts("d")}),
              ElementsAre(Trouble::none, Trouble::none, Trouble::none, Trouble::none));
  for (const char* id : {"a", "c", "c-more", "d"}) EXPECT_TRUE(current("Basic", id)) << id;
  for (const char* id : {"b", "b-more"}) EXPECT_FALSE(current("Basic", id)) << id;
}

TEST_F(OnServerGathered, a_row_that_the_server_refuses_costs_its_own_writer_alone) {
  const std::string no_text = "\xFF";
  const auto first = together({puts("a"), puts("b", no_text), puts("c")});
  EXPECT_THAT(first, ElementsAre(Trouble::contended, Trouble::contended, Trouble::contended)) << "all may do it again";
  EXPECT_FALSE(current("Basic", "a"));
  const auto again = together({puts("a"), puts("b", no_text), puts("c")});
  EXPECT_THAT(again, ElementsAre(Trouble::none, Trouble::other, Trouble::none));
  EXPECT_TRUE(current("Basic", "a"));
  EXPECT_FALSE(current("Basic", "b"));
  EXPECT_TRUE(current("Basic", "c"));
}

TEST_F(OnServerGathered, a_row_that_is_refused_when_another_reads_costs_that_one_nothing_for_good) {
  const Job reads = [](Transaction& transaction) {
    (void)transaction.current(type("Basic"), "first");
    puts("r")(transaction);
    return true;
  };
  const auto first = together({puts("b", "\xFF"), reads});
  EXPECT_THAT(first, ElementsAre(Trouble::contended, Trouble::contended));
  EXPECT_THAT(together({puts("b", "\xFF"), reads}), ElementsAre(Trouble::other, Trouble::none));
  EXPECT_TRUE(current("Basic", "r"));
}

TEST_F(OnServerGathered, of_a_measurement_written_twice_the_second_stands) {
  write([](Transaction& transaction) {
    const auto patient = transaction.claim_patient("kari");
    for (const double value : {1.0, 2.0})
      transaction.put_measurement({.patient = patient, .measure = "m", .time = at(1), .value = value, .unit = "1"});
  });
  database->read([](const Snapshot& snapshot) {
    const auto found = snapshot.measurements(snapshot.patient_key("kari"), "m", at(0), at(2), 10);
    EXPECT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().value, 2.0);
    return 0;
  });
}

TEST_F(OnServerGathered, more_than_is_gathered_at_a_time_arrives_whole) {
  write([](Transaction& transaction) {
    for (int i = 0; i < 40; ++i) puts("n" + std::to_string(i), std::string(300'000, 'y'))(transaction);
  });
  for (int i = 0; i < 40; ++i) EXPECT_EQ(current("Basic", "n" + std::to_string(i))->bytes.size(), 300'000u);
}

}  // namespace
}  // namespace varde::storage::test
