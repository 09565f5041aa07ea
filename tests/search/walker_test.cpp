/// A walk meets each match once, whatever ranges hold it: server/search/walker.h
#include "server/search/walker.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fhir-model/json/json.h"
#include "server/interaction/repository.h"
#include "tests/support/engine.h"

namespace varde::search {
namespace {

class AWalk : public ::testing::Test {
 protected:
  AWalk() {
    std::string name = (std::filesystem::temp_directory_path() / "varde-walk-XXXXXX").string();
    directory = ::mkdtemp(name.data());
    database = std::make_unique<storage::Database>(test::on_engine({.directory = directory.string() + "/data"}));
    query.type = fhir::find_type("Patient");
  }
  ~AWalk() override {
    database.reset();
    std::filesystem::remove_all(directory);
  }
  void create(const std::string& id, std::string_view content) {
    auto tree = fhir::parse_json(R"({"resourceType":"Patient",)" + std::string(content) + "}");
    ASSERT_TRUE(tree);
    const interaction::Repository repository(*database, store, access::ourselves("test"));
    ASSERT_TRUE(repository.write([&](interaction::Act& act) { return act.create(tree->edit(), id); }));
  }
  const Parameter* parameter(std::string_view code) { return parameters_of(query.type).find(code); }
  Range all_of(std::string_view code, Walk walk, bool descending = false) {
    return {walk, {cell(parameter(code)->keys.front())}, {}, {}, descending};
  }
  Range of_code(std::string_view code, std::string value) {
    return {Walk::code, {cell(parameter(code)->keys.front()), std::move(value)}, {}, {}, false};
  }
  std::vector<std::string> walked(const Plan& plan) {
    return database->read([&](const storage::Snapshot& snapshot) {
      std::vector<std::string> ids;
      Walker(query, plan, snapshot).walk(nullptr, [&](const Walker::Match& match) {
        ids.emplace_back(match.candidate.id);
        return true;
      });
      return ids;
    });
  }
  using Ids = std::vector<std::string>;

  std::filesystem::path directory;
  std::unique_ptr<storage::Database> database;
  interaction::Store store{interaction::uuid_v7()};
  Query query;
};

TEST_F(AWalk, meets_what_a_range_holds_twice_where_it_comes_first) {
  create("two", R"("name":[{"family":"Berg"},{"family":"Bakke"}])");
  create("between", R"("name":[{"family":"Bech"}])");
  EXPECT_EQ(walked({.steps = {{{all_of("family", Walk::strings)}}}}), (Ids{"two", "between"}));
  EXPECT_EQ(walked({.steps = {{{all_of("family", Walk::strings, true)}}}}), (Ids{"two", "between"}));
}

TEST_F(AWalk, judges_whoever_has_thousands_of_names_once) {
  for (const std::string id : {"first", "second"}) {  // their names take turns
    std::string names;
    for (int i = 0; i < 3000; ++i)
      names.append(names.empty() ? "" : ",").append(R"({"family":"X)" + std::to_string(10000 + i) + id + R"("})");
    create(id, R"("name":[)" + names + "]");
  }
  create("few", R"("name":[{"family":"Y"}])");
  const Plan plan{.steps = {{{all_of("family", Walk::strings)}}}};
  Budget budget(Allowance{.time = std::chrono::minutes(1), .steps = 10'000});
  Ids ids;
  database->read(
      [&](const storage::Snapshot& snapshot) {
        Walker(query, plan, snapshot).walk(nullptr, [&](const Walker::Match& match) {
          ids.emplace_back(match.candidate.id);
          return true;
        });
      },
      budget);
  EXPECT_EQ(ids, (Ids{"first", "second", "few"}));
  EXPECT_FALSE(budget.is_spent());
}

TEST_F(AWalk, meets_what_two_steps_hold_in_the_first) {
  create("both", R"("active":true,"gender":"female")");
  create("one", R"("active":true)");
  create("other", R"("gender":"female")");
  EXPECT_EQ(walked({.steps = {{{of_code("gender", "female")}}, {{of_code("active", "true")}}}}),
            (Ids{"both", "other", "one"}));
}

TEST_F(AWalk, has_what_the_sort_says_nothing_about_last_and_once) {
  query.sort = {{parameter("birthdate"), false}};
  create("born", R"("active":true,"gender":"female","birthDate":"1950-03-01")");
  create("unborn", R"("active":true,"gender":"female")");
  const Step sorted{{all_of("birthdate", Walk::date)}};
  const Step by_gender{{of_code("gender", "female")}, true}, by_activity{{of_code("active", "true")}, true};
  EXPECT_EQ(walked({.steps = {sorted, by_gender, by_activity}, .filter = {}}), (Ids{"born", "unborn"}));
}

TEST_F(AWalk, goes_on_behind_the_place_where_a_page_ended) {
  create("a", R"("name":[{"family":"Aas"}])");
  create("b", R"("name":[{"family":"Berg"}])");
  create("c", R"("name":[{"family":"Carlsen"}])");
  const Plan plan{.steps = {{{all_of("family", Walk::strings)}}}};
  const Ids rest = database->read([&](const storage::Snapshot& snapshot) {
    Mark mark;
    const Walker walker(query, plan, snapshot);
    walker.walk(nullptr, [&](const Walker::Match& match) {
      mark.step = match.step, mark.at = match.at;
      return match.candidate.id != "b";
    });
    Ids ids;
    walker.walk(&mark, [&](const Walker::Match& match) { return ids.emplace_back(match.candidate.id), true; });
    return ids;
  });
  EXPECT_EQ(rest, Ids{"c"});
}

}  // namespace
}  // namespace varde::search
