/// Every query the follow-up service lives by is one walk along an index: no scan of a table, no sort of a set.
#include <gtest/gtest.h>

#include <filesystem>
#include <initializer_list>
#include <regex>

#include "fhir-model/json/json.h"
#include "server/interaction/repository.h"
#include "server/search/find.h"
#include "server/storage/sql.h"
#include "server/storage/storage.h"
#include "tests/support/engine.h"

namespace varde::search {
namespace {

class Plans : public ::testing::Test {
 protected:
  Plans() {
    std::string name = (std::filesystem::temp_directory_path() / "varde-plan-XXXXXX").string();
    directory = ::mkdtemp(name.data());
    database = std::make_unique<storage::Database>(test::on_engine({.directory = directory.string() + "/data"}));
  }
  ~Plans() override {
    database.reset();
    std::filesystem::remove_all(directory);
  }

  void create(std::string_view json) {
    auto tree = fhir::parse_json(json);
    ASSERT_TRUE(tree) << tree.error().diagnostics;
    const interaction::Repository repository(*database, store, access::ourselves("test"));
    auto done = repository.write([&](interaction::Act& act) { return act.create(tree->edit()); });
    ASSERT_TRUE(done) << done.error().diagnostics;
  }

  /// What the engine says of every statement of the plan, first page and later ones.
  std::string plan_of(std::string_view type, const Parameters& parameters) {
    return database->read([&](const storage::Snapshot& snapshot) {
      std::string out;
      auto query = parse_query(fhir::find_type(type), parameters, {}, {.snapshot = snapshot, .base = "", .now = {}});
      EXPECT_TRUE(query) << query.error().diagnostics;
      for (const std::string& sql : explain(*query, snapshot)) {
        const std::string plan = test::plan_of(snapshot.connection(), sql);
        EXPECT_TRUE(test::is_walk(plan)) << sql << "\n" << plan;
        out += plan;
      }
      return out;
    });
  }

  static void expect_walks(const std::string& plan) { EXPECT_FALSE(plan.empty()); }
  /// As the engine says that an index is looked up by these columns, in this order.
  static bool goes_by(const std::string& plan, std::initializer_list<std::string> columns) {
    std::string pattern = test::is_on_postgresql() ? "Index Cond: .*" : "";
    for (const std::string& column : columns)
      pattern += column + (test::is_on_postgresql() ? " (=|>=?) \\$.*" : "[=>]\\?.*");
    return std::regex_search(plan, std::regex(pattern));
  }

  std::filesystem::path directory;
  std::unique_ptr<storage::Database> database;
  interaction::Store store{interaction::uuid_v7()};
};

TEST_F(Plans, of_a_patients_measurements_by_code_and_date_walk_that_patients_rows) {
  for (int i = 0; i < 310; ++i)
    create(
        R"({"resourceType":"Observation","status":"final","code":{"coding":[{"code":"8867-4"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-03-01"})");
  const std::string plan =
      plan_of("Observation",
              {{"patient", "p"}, {"code", "8867-4"}, {"date", "ge2026-01-01"}, {"_sort", "-date"}, {"_count", "20"}});
  expect_walks(plan);
  EXPECT_TRUE(goes_by(plan, {"parameter", "patient"})) << plan;
}

/// A composite is walked by the component that fewer rows fit; of one patient, by that patient's.
TEST_F(Plans, of_code_and_value_walk_the_shorter_of_the_two) {
  const auto weigh = [&](int number, const std::string& patient) {
    create(
        R"({"resourceType":"Observation","status":"final","code":{"coding":[{"code":"29463-7"}]},"subject":{"reference":"Patient/)" +
        patient + R"("},"valueQuantity":{"value":)" + std::to_string(number) +
        R"(,"system":"http://unitsofmeasure.org","code":"kg"}})");
  };
  for (int i = 0; i < 60; ++i) weigh(60 + i, i < 2 ? "p" : "q");
  const std::string asked = "29463-7$gt100|http://unitsofmeasure.org|kg";
  const std::string heavy = plan_of("Observation", {{"code-value-quantity", asked}});
  expect_walks(heavy);
  EXPECT_TRUE(goes_by(heavy, {"parameter", "unit", "low"})) << heavy;
  const std::string of_patient = plan_of("Observation", {{"patient", "p"}, {"code-value-quantity", asked}});
  expect_walks(of_patient);
  EXPECT_TRUE(goes_by(of_patient, {"patient"})) << of_patient;
  EXPECT_FALSE(goes_by(of_patient, {"unit"})) << of_patient;
}

TEST_F(Plans, of_a_worklist_walk_the_status_or_the_date) {
  create(R"({"resourceType":"Task","status":"requested","intent":"order","authoredOn":"2026-03-01"})");
  expect_walks(plan_of("Task", {{"status", "requested"}, {"_sort", "-authored-on"}}));
  expect_walks(plan_of("Task", {{"status", "requested"}}));
  expect_walks(plan_of("Task", {{"_sort", "-authored-on"}}));
}

TEST_F(Plans, of_every_kind_of_parameter_use_an_index) {
  create(
      R"({"resourceType":"Observation","status":"final","code":{"text":"weight"},"valueQuantity":{"value":70,"system":"http://unitsofmeasure.org","code":"kg"}})");
  struct Row {
    std::string_view type, name, value;
  };
  for (const Row& row : {Row{"Patient", "_id", "a"},
                         Row{"Patient", "identifier", "urn:x|1"},
                         Row{"Patient", "name", "a"},
                         Row{"Patient", "name:exact", "a"},
                         Row{"Patient", "birthdate", "1950"},
                         Row{"Patient", "_lastUpdated", "ge2026"},
                         Row{"Observation", "date", "ge2026-03"},
                         Row{"Observation", "subject", "Patient/1"},
                         Row{"Observation", "patient", "1"},
                         Row{"ValueSet", "url", "http://example.org"},
                         Row{"Observation", "_sort", "-_lastUpdated"},
                         Row{"Observation", "value-quantity", "gt5|http://unitsofmeasure.org|kg"},
                         Row{"Observation", "value-quantity", "5.4"},
                         Row{"Observation", "value-quantity", "ne5.4||kg"},
                         Row{"Observation", "code-value-quantity", "29463-7$gt70||kg"},
                         Row{"Observation", "component-code-value-concept", "a$b"},
                         Row{"RiskAssessment", "probability", "lt0.5"},
                         Row{"RiskAssessment", "_sort", "-probability"},
                         Row{"Observation", "_sort", "value-quantity"},
                         Row{"Observation", "_sort", "-date"},
                         Row{"Patient", "_sort", "family"},
                         Row{"Patient", "_sort", "_id"},
                         Row{"Patient", "_count", "3"}}) {
    SCOPED_TRACE(std::string(row.type) + "?" + std::string(row.name));
    expect_walks(plan_of(row.type, {{std::string(row.name), std::string(row.value)}}));
  }
}

}  // namespace
}  // namespace varde::search
