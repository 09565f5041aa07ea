/// Search parameters defined here: indexed beside everything else, by steps that a kill may come between.
#include "server/search/own_parameters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

#include "fhir-model/json/json.h"
#include "server/interaction/asking.h"
#include "server/interaction/defined_parameters.h"
#include "server/interaction/reindex.h"
#include "server/interaction/repository.h"
#include "server/search/find.h"
#include "server/storage/search_parameters.h"
#include "tests/support/engine.h"

namespace varde::search {
namespace {

using storage::search_parameters::unfinished;

constexpr const char* kMarital =
    R"({"resourceType":"SearchParameter","url":"urn:m","name":"M","status":"active","description":"x","code":"marital","base":["Patient"],"type":"token","expression":"Patient.maritalStatus"})";

class OwnParametersOnline : public ::testing::Test {
 protected:
  OwnParametersOnline() {
    std::string name = (std::filesystem::temp_directory_path() / "varde-own-XXXXXX").string();
    directory = ::mkdtemp(name.data());
    open();
  }
  ~OwnParametersOnline() override {
    process.reset();
    std::filesystem::remove_all(directory);
  }

  /// A process on the store: what it has in memory ends with it.
  struct Process {
    explicit Process(const std::filesystem::path& directory)
        : database(test::on_engine({.directory = directory.string() + "/data"})) {
      interaction::reindex_where_rules_changed(database, store);
      interaction::note_changed_parameters(database, store);
      store.add_effect(defined);
    }
    storage::Database database;
    interaction::Store store{interaction::uuid_v7()};
    interaction::DefinedParameters defined{nullptr};
    interaction::Indexer indexer{database, store, [](std::string_view) {}};
  };
  void open() {
    process.reset();
    process = std::make_unique<Process>(directory);
  }

  interaction::Repository repository(Process& in) { return {in.database, in.store, access::ourselves("test")}; }
  Result<std::string> put(std::string_view id, std::string_view json, Process* in = nullptr) {
    auto tree = fhir::parse_json(json);
    const auto done = repository(in ? *in : *process).write([&](interaction::Act& act) {
      return act.update(tree->edit(), std::string(id));
    });
    if (!done) return tl::unexpected(done.error());
    return done->id;
  }
  void remove(std::string_view type, std::string_view id) {
    ASSERT_TRUE(repository(*process).write([&](interaction::Act& act) {
      return act.remove(fhir::find_type(type), std::string(id)).map([](const auto&) {});
    }));
  }
  static std::string patient(std::string_view status) {
    return R"({"resourceType":"Patient","maritalStatus":{"coding":[{"code":")" + std::string(status) + R"("}]}})";
  }
  void put_patients(int count, std::string_view status) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(put("p" + std::to_string(1000 + i), patient(status)));
  }
  /// How many are found; -1: the answer is that it is being indexed.
  int count(std::string_view name, std::string_view value, std::string_view type = "Patient", Process* in = nullptr) {
    auto found = repository(in ? *in : *process).read([&](const interaction::View& view) -> Result<std::size_t> {
      auto query = parse_query(fhir::find_type(type), {{std::string(name), std::string(value)}}, {},
                               {.snapshot = view, .base = "", .now = {}, .own = interaction::own_of(view)});
      FHIR_TRY(query);
      auto ids = find_ids(*query, view, 5000);
      FHIR_TRY(ids);
      return ids->size();
    });
    if (!found) return found.error().fault == Fault::busy ? -1 : -2;
    return static_cast<int>(*found);
  }
  storage::Reindexing progress() {
    return process->database.read([](const storage::Snapshot& snapshot) {
      const auto jobs = unfinished(snapshot);
      return jobs.empty() ? storage::Reindexing{} : jobs.front();
    });
  }
  void finish() {
    while (process->indexer.step()) {
    }
  }

  std::filesystem::path directory;
  std::unique_ptr<Process> process;
};

TEST_F(OwnParametersOnline, answers_no_search_before_all_are_indexed_and_goes_on_where_a_kill_left_it) {
  put_patients(450, "M");
  EXPECT_EQ(count("marital", "M"), -2);
  ASSERT_TRUE(put("marital", kMarital));
  EXPECT_EQ(count("marital", "M"), -1);
  ASSERT_TRUE(process->indexer.step());
  EXPECT_EQ(progress().done, 200);
  EXPECT_EQ(count("marital", "M"), -1);
  open();  // nothing but the store is left
  EXPECT_EQ(progress().done, 200);
  EXPECT_EQ(count("marital", "M"), -1);
  ASSERT_TRUE(put("p0", patient("M")));  // before what is done, and behind it
  ASSERT_TRUE(put("p9", patient("M")));
  ASSERT_TRUE(put("p1000", patient("S")));
  ASSERT_TRUE(put("p1449", patient("S")));
  remove("Patient", "p1448");
  finish();
  EXPECT_EQ(count("marital", "M"), 449);
  EXPECT_EQ(count("marital", "S"), 2);
  EXPECT_FALSE(process->indexer.step());
  open();
  EXPECT_EQ(count("marital", "M"), 449);
  ASSERT_TRUE(put("later", patient("M")));
  EXPECT_EQ(count("marital", "M"), 450);
}

TEST_F(OwnParametersOnline, a_change_between_two_steps_begins_anew) {
  put_patients(300, "M");
  ASSERT_TRUE(put("marital", kMarital));
  ASSERT_TRUE(process->indexer.step());
  std::string changed(kMarital);
  changed.replace(changed.find("Patient.maritalStatus"), 21, "Patient.gender");
  ASSERT_TRUE(put("marital", changed));
  EXPECT_EQ(progress().done, 0);
  EXPECT_EQ(count("marital", "M"), -1);
  finish();
  EXPECT_EQ(count("marital", "M"), 0);
  EXPECT_EQ(count("marital:missing", "true"), 300);
}

TEST_F(OwnParametersOnline, a_version_that_comes_between_reading_and_writing_keeps_its_rows) {
  put_patients(150, "M");
  ASSERT_TRUE(put("marital", kMarital));
  std::map<int, char> last;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 600; ++i) {
      const int number = i * 7 % 150;
      const char status = i / 150 % 2 == 0 ? 'S' : 'M';
      EXPECT_TRUE(put("p" + std::to_string(1000 + number), patient(std::string(1, status))));
      last[number] = status;
    }
    done = true;
  });
  while (!done) {
    ASSERT_TRUE(process->database.write([](storage::Transaction& transaction) -> Result<void> {
      storage::search_parameters::begin(transaction, fhir::find_type("Patient"));
      return {};
    }));
    finish();
  }
  writer.join();
  finish();
  const auto single = std::ranges::count_if(last, [](const auto& one) { return one.second == 'S'; });
  EXPECT_EQ(count("marital", "S"), single);
  EXPECT_EQ(count("marital", "M"), 150 - single);
}

TEST_F(OwnParametersOnline, what_is_retired_or_deleted_leaves_no_row) {
  put_patients(3, "M");
  ASSERT_TRUE(put("marital", kMarital));
  finish();
  ASSERT_EQ(count("marital", "M"), 3);
  const auto rows = [&] {
    return process->database.read([](const storage::Snapshot& snapshot) {
      return snapshot.by_token(storage::parameter_key("Patient", "marital"), "", "M").size();
    });
  };
  EXPECT_EQ(rows(), 3u);
  remove("SearchParameter", "marital");
  EXPECT_EQ(count("marital", "M"), -2);
  finish();
  EXPECT_EQ(rows(), 0u);
  ASSERT_TRUE(put("marital", kMarital));
  finish();
  std::string retired(kMarital);
  retired.replace(retired.find("active"), 6, "retired");
  ASSERT_TRUE(put("marital", retired));
  ASSERT_TRUE(put("p9999", patient("M")));
  EXPECT_EQ(count("marital", "M"), -2);
  finish();
  EXPECT_EQ(rows(), 0u);
}

TEST_F(OwnParametersOnline, a_write_that_is_undone_defines_nothing) {
  ASSERT_TRUE(put("p1", patient("M")));
  auto tree = fhir::parse_json(kMarital);
  auto undone = repository(*process).write([&](interaction::Act& act) -> Result<void> {
    auto written = act.update(tree->edit(), "marital");
    FHIR_TRY(written);
    EXPECT_TRUE(act.own_parameters().find(fhir::find_type("Patient"), "marital"));
    return fail(Fault::business_rule, "no");
  });
  EXPECT_FALSE(undone);
  EXPECT_EQ(count("marital", "M"), -2);
  EXPECT_FALSE(process->indexer.step());
  ASSERT_TRUE(put("p2", patient("M")));
  EXPECT_EQ(process->database.read([](const storage::Snapshot& snapshot) {
    return snapshot.by_token(storage::parameter_key("Patient", "marital"), "", "M").size();
  }),
            0u);
}

TEST_F(OwnParametersOnline, words_beside_a_code_are_found_and_stand_in_no_table) {
  ASSERT_TRUE(put("b", R"({"resourceType":"Basic","code":{"text":"Pust og puls"}})"));
  EXPECT_EQ(count("code:text", "pust o", "Basic"), 1);
  EXPECT_EQ(count("code:text", "puls", "Basic"), 0);
  EXPECT_TRUE(process->database.read([](const storage::Snapshot& snapshot) {
    return snapshot.by_token(storage::parameter_key("Basic", "code:text"), "", "pust og puls").empty();
  }));
  ASSERT_TRUE(put("b", R"({"resourceType":"Basic","code":{"text":"Puls"}})"));
  EXPECT_EQ(count("code:text", "pust", "Basic"), 0);
  EXPECT_EQ(count("code:text", "puls", "Basic"), 1);
}

TEST_F(OwnParametersOnline, another_process_on_the_store_writes_by_it_at_once) {
  if (!test::is_on_postgresql()) GTEST_SKIP() << "one process has a SQLite store";
  Process other(directory);
  ASSERT_TRUE(put("p1", patient("M"), &other));  // it has looked, and remembers that there was none
  ASSERT_TRUE(put("marital", kMarital));
  ASSERT_TRUE(put("p2", patient("M"), &other));
  EXPECT_EQ(count("marital", "M", "Patient", &other), -1);
  while (process->indexer.step() || other.indexer.step()) {
  }
  EXPECT_EQ(count("marital", "M"), 2);
  EXPECT_EQ(count("marital", "M", "Patient", &other), 2);
  remove("SearchParameter", "marital");
  ASSERT_TRUE(put("p3", patient("M"), &other));
  while (process->indexer.step() || other.indexer.step()) {
  }
  EXPECT_TRUE(process->database.read([](const storage::Snapshot& snapshot) {
    return snapshot.by_token(storage::parameter_key("Patient", "marital"), "", "M").empty();
  }));
}

TEST_F(OwnParametersOnline, what_another_release_had_otherwise_is_indexed_online) {
  const auto type = fhir::find_type("Patient");
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(put("p" + std::to_string(i), R"({"resourceType":"Patient","gender":"female","birthDate":"1950"})"));
  // As a release that had no `gender` would have left it.
  const auto as_before = [&](storage::Transaction& transaction) -> Result<void> {
    std::string parameters = fingerprint(type);
    const std::size_t at = parameters.find("gender=");
    parameters.erase(at, parameters.find(' ', at) + 1 - at);
    storage::search_parameters::set_indexed_by(transaction, type, parameters);
    for (int i = 0; i < 3; ++i)
      transaction.reindex(transaction.current(type, "p" + std::to_string(i))->key,
                          transaction.current(type, "p" + std::to_string(i))->patient, {});
    return {};
  };
  ASSERT_TRUE(process->database.write(as_before));
  open();
  ASSERT_TRUE(process->store.r4_is_reindexed());
  EXPECT_EQ(count("gender", "female"), -1);
  EXPECT_EQ(count("birthdate", "1950"), 0);  // nobody says that it is another; its rows were taken away above
  finish();
  EXPECT_EQ(count("gender", "female"), 3);
  EXPECT_EQ(count("birthdate", "1950"), 3);
  open();
  EXPECT_FALSE(process->store.r4_is_reindexed());
  EXPECT_FALSE(process->indexer.step());
}

}  // namespace
}  // namespace varde::search
