// Rows spread by patient: keys that hold the patient on any PostgreSQL, and on one with Citus (tests/support/citus)
// that what is asked of a patient is asked of one shard.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "server/storage/postgresql/connection.h"
#include "server/storage/postgresql/spread.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using postgresql::Spread;
using ::testing::IsEmpty;

class OnServerSpread : public Store {
 protected:
  void SetUp() override {
    if (!varde::test::is_on_postgresql()) GTEST_SKIP() << "on PostgreSQL only";
  }
  /// The first column of all rows.
  std::set<std::string> texts(const std::string& query) {
    Health health;
    postgresql::Connection connection(options().server, postgresql::Access::read, health);
    std::set<std::string> found;
    connection.begin();
    for (auto rows = connection.query(query); rows.next();) found.insert(rows.string(0));
    connection.commit();
    return found;
  }
};

TEST_F(OnServerSpread, every_table_says_how_it_is_spread) {
  std::set<std::string> said;
  for (const auto& row : postgresql::spread_rows()) said.insert(std::string(row.table));
  EXPECT_EQ(said, texts("SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = "
                        "current_schema()::regnamespace"));
}

TEST_F(OnServerSpread, every_unique_key_of_a_patients_table_holds_the_patient) {
  for (const auto& row : postgresql::spread_rows()) {
    const std::string_view column = row.by == Spread::by_patient ? "patient" : row.by == Spread::by_id ? "id" : "";
    if (column.empty()) continue;
    EXPECT_THAT(texts(fmt::format(
                    "SELECT i.indexrelid::regclass::text FROM pg_index i WHERE i.indrelid = '{0}'::regclass AND "
                    "i.indisunique AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = i.indrelid AND "
                    "a.attnum = ANY (i.indkey) AND a.attname = '{1}')",
                    row.table, column)),
                IsEmpty())
        << row.table;
  }
  EXPECT_THAT(texts("SELECT conname::text FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND "
                    "contype NOT IN ('p', 'u')"),
              IsEmpty());
  EXPECT_THAT(texts("SELECT relname::text FROM pg_class WHERE relkind = 'S' AND relnamespace = "
                    "current_schema()::regnamespace"),
              IsEmpty());
}

TEST_F(OnServerSpread, an_id_stands_once_whosever_it_is) {
  put("Observation", "a", {}, Method::create, "kari");
  const auto again = [&](Transaction& transaction) {
    transaction.put({.patient = transaction.claim_patient("ola"),
                     .type = type("Observation"),
                     .id = "a",
                     .version = 1,
                     .updated = transaction.now(),
                     .bytes = "{}"},
                    {});
    return true;
  };
  EXPECT_THROW(database->submit(again)->get(), EngineError);
  EXPECT_EQ(current("Observation", "a")->version, 1);
}

TEST_F(OnServerSpread, what_is_nobodys_has_a_place_of_its_own) {
  put("Practitioner", "a"), put("Practitioner", "b");
  EXPECT_EQ(texts("SELECT DISTINCT patient::text FROM resource WHERE patient < 0").size(), 2u);
  EXPECT_EQ(current("Practitioner", "a")->patient, PatientKey::none);
}

TEST_F(OnServerSpread, a_resource_that_changes_hands_keeps_its_key_its_id_and_its_history) {
  IndexRows rows;
  rows.tokens.push_back({parameter_key("Observation", "code"), "urn:x", "c"});
  const auto first = put("Observation", "a", rows, Method::create, "kari");
  const auto second = put("Observation", "a", rows, Method::update, "ola");
  const auto third = put("Observation", "a", rows, Method::update);
  EXPECT_EQ(first.key, third.key);
  database->read([&](const Snapshot& snapshot) {
    const auto versions = snapshot.history(type("Observation"), "a", 10, INT64_MAX);
    EXPECT_EQ(versions.size(), 3u);
    for (const std::int64_t number : {1, 2, 3}) {
      const auto version = snapshot.version(type("Observation"), "a", number);
      EXPECT_TRUE(version && version->id == "a" && version->version == number) << number;
    }
    EXPECT_EQ(snapshot.version(first.key, 1)->patient, snapshot.patient_key("kari"));
    EXPECT_EQ(snapshot.version(first.key, 2)->patient, snapshot.patient_key("ola"));
    EXPECT_EQ(snapshot.current(first.key)->patient, PatientKey::none);
    EXPECT_THAT(snapshot.by_token(parameter_key("Observation", "code"), "urn:x", "c"),
                ::testing::ElementsAre(first.key));
    EXPECT_THAT(snapshot.with_token(parameter_key("Observation", "code"), "c", snapshot.patient_key("kari")),
                IsEmpty());
    return 0;
  });
  EXPECT_EQ(texts("SELECT count(*)::text FROM resource WHERE id = 'a'"), std::set<std::string>{"1"});
  EXPECT_EQ(texts("SELECT count(*)::text FROM locator WHERE id = 'a' AND patient = (SELECT patient FROM resource WHERE "
                  "id = 'a')"),
            std::set<std::string>{"1"});
}

}  // namespace
}  // namespace varde::storage::test
