/// What resources are found by follows the rules it is made by: server/interaction/reindex.h
#include "server/interaction/reindex.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fhir-model/json/json.h"
#include "server/interaction/repository.h"
#include "server/search/find.h"
#include "tests/support/engine.h"

namespace varde::search {
namespace {

class Reindex : public ::testing::Test {
 protected:
  Reindex() {
    std::string name = (std::filesystem::temp_directory_path() / "varde-reindex-XXXXXX").string();
    directory = ::mkdtemp(name.data());
  }
  ~Reindex() override {
    database.reset();
    std::filesystem::remove_all(directory);
  }
  /// How many resources were indexed anew.
  std::size_t open(std::string_view zone) {
    database.reset();
    database = std::make_unique<storage::Database>(
        test::on_engine({.directory = directory.string() + "/data", .zone = *time::Zone::named(zone)}));
    return interaction::reindex_where_rules_changed(*database, store);
  }
  std::string create(std::string_view json) {
    auto tree = fhir::parse_json(json);
    return repository().write([&](interaction::Act& act) { return act.create(tree->edit()); })->id;
  }
  std::vector<std::string> find(std::string_view type, const Parameters& parameters) {
    return repository().read([&](const interaction::View& view) {
      auto query = parse_query(fhir::find_type(type), parameters, {}, {.snapshot = view, .base = "", .now = {}});
      return *find_ids(*query, view, 10);
    });
  }

  interaction::Repository repository() { return {*database, store, access::ourselves("test")}; }

  std::filesystem::path directory;
  std::unique_ptr<storage::Database> database;
  interaction::Store store{interaction::uuid_v7()};
};

TEST_F(Reindex, happens_once_where_the_zone_is_another) {
  EXPECT_EQ(open("Europe/Oslo"), 0u);
  const std::string day = create(R"({"resourceType":"Basic","code":{"text":"x"},"created":"2026-10-25"})");
  const std::string deleted = create(R"({"resourceType":"Basic","code":{"text":"x"},"created":"2026-10-25"})");
  ASSERT_TRUE(repository().write(
      [&](interaction::Act& act) { return act.remove(fhir::find_type("Basic"), deleted).map([](const auto&) {}); }));
  const Parameters from_midnight_there{{"created", "ge2026-10-25T04:00:00Z"}};
  EXPECT_EQ(find("Basic", from_midnight_there), std::vector<std::string>{day});  // overlaps
  EXPECT_TRUE(find("Basic", {{"created", "sa2026-10-25T03:59:59Z"}}).empty());
  EXPECT_EQ(open("America/New_York"), 1u);
  EXPECT_EQ(find("Basic", {{"created", "sa2026-10-25T03:59:59Z"}}), std::vector<std::string>{day});
  EXPECT_EQ(find("Basic", {{"created", "2026-10-25"}}), std::vector<std::string>{day});
  EXPECT_EQ(open("America/New_York"), 0u);
  EXPECT_EQ(open("Europe/Oslo"), 1u);
  EXPECT_TRUE(find("Basic", {{"created", "sa2026-10-25T03:59:59Z"}}).empty());
}

TEST_F(Reindex, keeps_versions_and_patients_as_they_are) {
  open("Europe/Oslo");
  const std::string id = create(
      R"({"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-10-25"})");
  EXPECT_EQ(open("America/New_York"), 1u);
  EXPECT_EQ(find("Observation", {{"patient", "p"}, {"date", "2026-10-25"}}), std::vector<std::string>{id});
  const auto version = repository().read(
      [&](const interaction::View& view) { return view.current(fhir::find_type("Observation"), id); });
  EXPECT_EQ(version->version, 1);
}

}  // namespace
}  // namespace varde::search
