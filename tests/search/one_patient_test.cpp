// What is asked of one patient says so to every table that is spread by patient: on a store of several nodes (Citus) it
// is the matter of one of them, and of one shard there. On any PostgreSQL the plan of each statement tells; where Citus
// is (tests/support/citus), it says of how many shards it would ask.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "server/storage/postgresql/spread.h"
#include "server/storage/sql.h"
#include "tests/access/support/land.h"
#include "tests/support/engine.h"

namespace varde::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

/// As the README's users and a GP's system ask, most often first. (Not Patient/a/Observation: to that compartment
/// belongs what the patient measured of somebody else, too.)
constexpr const char* kCommonest[] = {
    "Observation?patient=a&code=http://loinc.org|2708-6&_sort=-date&_count=20",
    "Observation?patient=a&_sort=-date&_count=20",
    "Observation?subject=Patient/a&code=2708-6&date=ge2026-01-01",
    "Observation?patient=a&category=vital-signs&date=ge2026-01-01&date=lt2026-07-01",
    "Observation?patient=a&code=2708-6,8867-4&_summary=count",
    "Observation?patient=a&value-quantity=lt90",
    "Observation?patient=a&code-value-quantity=2708-6$lt90",
    "Observation?patient=a&_lastUpdated=gt2026-01-01",
    "Observation?patient=a&status:not=cancelled",
    "Observation?patient=a&_tag=http://example.org|x",
    "Observation?patient=a&status:not=cancelled&_summary=count",
    "Observation?patient=a&value-quantity=lt90&_summary=count",
    "Observation?patient=a&code:missing=false&_total=accurate",
    "Task?patient=a&status=requested&_sort=-_lastUpdated",
    "CarePlan?patient=a&status=active",
    "ServiceRequest?patient=a&status=active&_sort=-authored",
    "Observation?patient=a&status=final,amended",
    "EpisodeOfCare?patient=a&status=active",
    "EpisodeOfCare?patient=a&status=active,onhold",
    "Condition?patient=a&clinical-status=active",
    "MedicationStatement?patient=a&status=active",
    "Encounter?patient=a&date=ge2026-01-01",
    "Communication?patient=a&_sort=-sent",
    "Observation/$lastn?patient=Patient/a&max=3",
};

/// The lines of a plan that begin with a table's scan, each with the conditions that belong to it.
std::vector<std::string> scans(const std::string& plan) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < plan.size();) {
    const auto end = std::min(plan.find('\n', at), plan.size());
    const std::string line = plan.substr(at, end - at);
    const bool is_node = line.find("->") != std::string::npos || found.empty();
    if (is_node || line.find("SubPlan") != std::string::npos || line.find("InitPlan") != std::string::npos)
      found.emplace_back();
    found.back() += line + "\n";
    at = end + 1;
  }
  return found;
}

bool is_of(const std::string& scan, std::string_view table) {
  return std::regex_search(scan, std::regex(fmt::format(R"(Scan[^\n]* on {}\b)", table)));
}

class OnServerOnePatient : public testing::Test {
 protected:
  OnServerOnePatient() {
    for (const std::string id : {"a", "b"}) {
      land.put(R"({"resourceType":"Patient","id":")" + id + R"("})");
      land.put(
          R"({"resourceType":"Observation","id":"o)" + id +
          R"(","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient/)" +
          id +
          R"("},"effectiveDateTime":"2026-05-05T08:00:00Z","valueQuantity":{"value":88,"system":"http://unitsofmeasure.org","code":"%"}})");
    }
  }
  void SetUp() override {
    if (!is_on_postgresql()) GTEST_SKIP() << "on PostgreSQL only";
  }
  /// What the reading connection has been asked, each with its plan.
  std::vector<std::pair<std::string, std::string>> plans() {
    return land.repository->read([](const interaction::View& view) {
      auto& connection = static_cast<const storage::Snapshot&>(view).connection();
      std::vector<std::pair<std::string, std::string>> found;
      std::vector<std::string> executions;
      // https://www.postgresql.org/docs/15/view-pg-prepared-statements.html
      for (auto rows = connection.query(std::string_view(
               "SELECT statement, name, array_to_string(array(SELECT CASE WHEN t::text LIKE '%[]' THEN '''{}''' WHEN "
               "t::text IN ('bigint', 'integer', 'double precision', 'numeric') THEN '1' ELSE '''x''' END FROM "
               "unnest(parameter_types) t), ', ') FROM pg_prepared_statements WHERE statement ~ '^(SELECT|WITH)' AND "
               "statement !~ 'pg_'"));
           rows.next();) {
        found.emplace_back(rows.string(0), "");
        executions.push_back("EXPLAIN EXECUTE \"" + rows.string(1) + "\"" +
                             (rows.string(2).empty() ? "" : "(" + rows.string(2) + ")"));
      }
      for (std::size_t i = 0; i < found.size(); ++i)
        for (auto rows = connection.query(executions[i]); rows.next();) found[i].second += rows.string(0) + "\n";
      return found;
    });
  }

  static void expect_one_shard(const std::string& asked, const std::string& plan) {
    SCOPED_TRACE(asked + "\n" + plan);
    if (is_on_citus()) {
      EXPECT_THAT(plan, AnyOf(HasSubstr("Task Count: 1\n"), Not(HasSubstr("Task Count"))));
      return;
    }
    // Of several ways to walk the shortest is counted, no further than this; and what is known by its key has its
    // patient named on a spread store alone.
    if (asked.find("LIMIT 128)") != asked.npos || asked.find("method <> 2 AND key IN") != asked.npos) return;
    for (const auto& scan : scans(plan))
      for (const auto& row : storage::postgresql::spread_rows())
        if (row.by == storage::postgresql::Spread::by_patient && is_of(scan, row.table)) {
          EXPECT_THAT(scan, HasSubstr("patient = ")) << row.table;
        }
  }

  Land land;
};

TEST_F(OnServerOnePatient, asks_one_shard) {
  std::set<std::string> known;
  for (const auto& [statement, plan] : plans()) known.insert(statement);
  const auto before = known.size();
  for (const std::string address : kCommonest) {
    const auto answer = land.ask(ourselves(), "GET", address);
    ASSERT_EQ(answer.status, 200) << address << "\n" << answer.body;
    for (const auto& [statement, plan] : plans())
      if (known.insert(statement).second) expect_one_shard(address + "\n" + statement, plan);
  }
  EXPECT_GT(known.size(), before + 15) << "they were asked of another connection";
}

}  // namespace
}  // namespace varde::test
