// Task/$worklist for who does not see everybody: what may not be seen is left out by the statement, so that pages are
// full, totals are theirs, and a list of others' work costs nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/storage/worklist.h"
#include "tests/access/support/land.h"
#include "tests/http/support/json.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class WorklistSeen : public testing::Test {
 protected:
  WorklistSeen() {
    for (const std::string id : {"a", "b", "c"}) land.put(R"({"resourceType":"Patient","id":")" + id + "\"}");
    for (const auto& [patient, centre] : {std::pair("a", "111"), std::pair("c", "111"), std::pair("b", "222")})
      land.put(R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/)" +
               std::string(patient) +
               R"("},"managingOrganization":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":")" +
               centre + R"("}}})");
    for (int i = 0; i < 60; ++i) add("b" + std::to_string(i), "b", 0);
    add("a1", "a", 1), add("c1", "c", 0), add("a2", "a", 2), add("nobodys", "", 0);
  }
  /// As the follow-up keeps it; colour 0 is the most urgent.
  void add(const std::string& id, const std::string& patient, int colour) {
    const std::string of = patient.empty() ? "" : R"(,"for":{"reference":"Patient/)" + patient + "\"}";
    land.put(R"({"resourceType":"Task","id":")" + id + R"(","status":"requested","intent":"order")" + of + "}");
    (void)land.repository->write([&](interaction::Act& act) -> Result<void> {
      const auto task = act.current(fhir::find_type("Task"), id);
      storage::WorklistRow row;
      row.task = task->key, row.patient = task->patient, row.colour = colour;
      storage::worklist::put(act, row);
      return {};
    });
  }
  std::vector<std::string> ids(const Who& who, const std::string& query) {
    const auto answer = land.ask(who, "GET", "Task/$worklist" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return match_ids(answer.body);
  }
  Land land;
  const Who nurse = who("nurse", R"("org":"111")"), other = who("nurse", R"("org":"222")"),
            none = who("nurse", R"("org":"333")");
};

TEST_F(WorklistSeen, holds_ones_own_by_urgency_and_nothing_of_others) {
  EXPECT_EQ(ids(nurse, ""), (std::vector<std::string>{"c1", "a1", "a2"}));
  EXPECT_EQ(ids(none, ""), std::vector<std::string>{});
  EXPECT_EQ(ids(other, "?_count=100").size(), 60u);
  EXPECT_EQ(ids(ourselves(), "?_count=100").size(), 64u);
  EXPECT_THAT(land.ask(nurse, "GET", "Task/$worklist").body, HasSubstr("\"total\":3"));
  EXPECT_EQ(ids(nurse, "?patient=Patient/b"), std::vector<std::string>{});
  EXPECT_EQ(ids(nurse, "?patient=Patient/a"), (std::vector<std::string>{"a1", "a2"}));
}

TEST_F(WorklistSeen, goes_on_page_by_page_without_gaps) {
  std::vector<std::string> all;
  std::string query = "?_count=1";
  for (int i = 0; i < 5 && !query.empty(); ++i) {
    const auto page = land.ask(nurse, "GET", "Task/$worklist" + query);
    for (const auto& id : match_ids(page.body)) all.push_back(id);
    const std::string next = link(page.body, "next");
    query = next.empty() ? "" : next.substr(next.find('?'));
  }
  EXPECT_EQ(all, (std::vector<std::string>{"c1", "a1", "a2"}));
}

}  // namespace
}  // namespace varde::test
