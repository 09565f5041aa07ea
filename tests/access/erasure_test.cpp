// The right to erasure: nothing of one patient is left in any table, version or file; all of the others is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "server/access/digest.h"
#include "server/audit/event.h"
#include "server/storage/erasure.h"
#include "server/storage/sql.h"
#include "tests/access/support/land.h"
#include "tests/support/engine.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Every table that says whose its rows are; the two that stay are looked at by themselves.
constexpr const char* kTables[] = {"resource",       "history",   "token",        "reference",  "date",
                                   "string",         "uri",       "number",       "journal",    "measurement",
                                   "observed",       "due",       "outbox",       "open_alert", "worklist",
                                   "measure_limits", "enrolment", "care_relation"};

std::int64_t rows_of(const storage::Snapshot& snapshot, const std::string& table, storage::PatientKey patient) {
  auto rows = snapshot.connection().query("SELECT count(*) FROM " + table +
                                          " WHERE patient = " + std::to_string(static_cast<std::int64_t>(patient)));
  return rows.next() ? rows.integer(0) : -1;
}

std::string observation(const std::string& id, const std::string& of, const std::string& text = "x") {
  return R"({"resourceType":"Observation","id":")" + id + R"(","status":"final","code":{"text":")" + text +
         R"(","coding":[{"system":"http://loinc.org","code":"2708-6"}]},"effectiveDateTime":"2026-01-01","valueQuantity":{"value":9},"subject":{"reference":"Patient/)" +
         of + "\"}}";
}

class Erasure : public testing::Test {
 protected:
  Erasure() {
    for (const std::string id : {"a", "b"}) {
      land.put(
          R"({"resourceType":"Patient","id":")" + id +
          R"(","name":[{"family":"Navn"}],"generalPractitioner":[{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"9"}}]})");
      land.put(observation("o" + id, id)), land.put(observation("o" + id, id, "changed"));
      land.put(R"({"resourceType":"Task","id":"t)" + id +
               R"(","status":"requested","intent":"order","for":{"reference":"Patient/)" + id + "\"}}");
      land.put(R"({"resourceType":"List","id":"l)" + id +
               R"(","status":"current","mode":"working","subject":{"reference":"Patient/)" + id + "\"}}");
    }
    land.put(observation("was-a", "a")), land.put(observation("was-a", "b"));
    land.put(observation("gone", "a"));
    (void)land.ask(ourselves(), "DELETE", "Observation/gone");
    land.put(
        R"({"resourceType":"Group","id":"both","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/a"}},{"entity":{"reference":"Patient/b"}}]})");
  }
  void erase(const std::string& id) {
    auto done = land.repository->write([&](interaction::Act& act) -> Result<void> {
      auto rows = audit::rows_of(act.principal(), {"erased"},
                                 {{'D', fhir::find_type("Patient"), id, 0, act.patient_key(id)}}, 200, act.now());
      storage::audit_log::append(act, rows, access::sha256);
      storage::erasure::erase(act, act.patient_key(id));
      return {};
    });
    ASSERT_TRUE(done);
  }
  std::map<std::string, std::int64_t> rows(const std::string& id) {
    return land.repository->read([&](const interaction::View& view) {
      std::map<std::string, std::int64_t> out;
      for (const char* const table : kTables) out[table] = rows_of(view, table, view.patient_key(id));
      return out;
    });
  }

  Land land;
};

TEST_F(Erasure, leaves_nothing_of_the_patient_and_all_of_the_others) {
  const auto before = rows("a"), others = rows("b");
  for (const char* const table :
       {"resource", "history", "token", "reference", "string", "care_relation", "date", "number"})
    EXPECT_GT(before.at(table), 0) << table;
  // The group is a's first, and b's as well.
  const auto of_group = land.repository->read([](const interaction::View& view) {
    const auto group = view.current(fhir::find_type("Group"), "both");
    std::map<std::string, std::int64_t> out{{"resource", 1}};
    for (const std::string table : {"token", "reference", "date", "string", "uri", "number"}) {
      auto found = static_cast<const storage::Snapshot&>(view).connection().query(
          "SELECT count(*) FROM " + table +
          " WHERE resource = " + std::to_string(static_cast<std::int64_t>(group->key)));
      out[table] = found.next() ? found.integer(0) : 0;
    }
    return out;
  });
  EXPECT_GT(of_group.at("reference"), 0);
  erase("a");
  const auto left = rows("a");
  for (const std::string table : kTables)
    EXPECT_EQ(left.at(table), of_group.contains(table) ? of_group.at(table) : 0) << table;
  EXPECT_EQ(land.ask(ourselves(), "GET", "Group/both").status, 200) << "it tells of b, too";
  EXPECT_EQ(rows("b"), others);
  for (const std::string place :
       {"Patient/a", "Observation/oa", "Observation/oa/_history/1", "Observation/gone", "Task/ta", "List/la"})
    EXPECT_EQ(land.ask(ourselves(), "GET", place).status, 404) << place;
  EXPECT_EQ(land.ask(ourselves(), "GET", "Observation/was-a/_history/1").status, 404) << "what was a's then";
  EXPECT_EQ(land.ask(ourselves(), "GET", "Observation/was-a").status, 200) << "what is b's now";
  EXPECT_EQ(ids_in(land.ask(ourselves(), "GET", "Observation?_content=changed").body), std::set<std::string>{"ob"});
  EXPECT_EQ(ids_in(land.ask(ourselves(), "GET", "Observation").body), (std::set<std::string>{"ob", "was-a"}));
  EXPECT_THAT(land.ask(ourselves(), "GET", "Patient?family=navn&_total=accurate").body, HasSubstr("\"total\":1,"));
}

TEST_F(Erasure, says_beforehand_what_there_is_and_who_else_names_the_patient) {
  const auto what = land.repository->read(
      [](const interaction::View& view) { return storage::erasure::belongings(view, view.patient_key("a")); });
  using Row = std::pair<std::string, std::int64_t>;
  EXPECT_EQ(what.resources, (std::vector<Row>{{"List", 1}, {"Observation", 2}, {"Patient", 1}, {"Task", 1}}));
  EXPECT_EQ(what.older_versions, 3) << "oa, gone, and was-a when it was a's";
  EXPECT_EQ(what.named_by, 1) << "the group of both";
}

TEST_F(Erasure, takes_what_refers_to_something_that_nobody_has_stored) {
  for (const std::string id : {"a", "b"})
    land.put(R"({"resourceType":"List","id":"l)" + id +
             R"(","status":"current","mode":"working","subject":{"reference":"Patient/)" + id +
             R"("},"entry":[{"item":{"reference":"Observation/not-yet"}}]})");
  const auto rows_in = [&](const std::string& table) {
    return land.repository->read([&](const interaction::View& view) {
      auto rows = static_cast<const storage::Snapshot&>(view).connection().query("SELECT count(*) FROM " + table);
      return rows.next() ? rows.integer(0) : -1;
    });
  };
  EXPECT_EQ(rows_in("awaited"), 2);
  const auto named = rows_in("named_patient");
  const auto what = land.repository->read(
      [](const interaction::View& view) { return storage::erasure::belongings(view, view.patient_key("a")); });
  EXPECT_EQ(what.resources.front(), (std::pair<std::string, std::int64_t>{"List", 1})) << "the receipt names it";
  erase("a");
  EXPECT_EQ(land.ask(ourselves(), "GET", "List/la").status, 404);
  EXPECT_EQ(land.ask(ourselves(), "GET", "List/lb").status, 200);
  EXPECT_EQ(rows_in("awaited"), 1) << "b's list is found out anew when it comes, a's is not";
  EXPECT_LT(rows_in("named_patient"), named);
  land.put(observation("not-yet", "b"));
  EXPECT_EQ(rows_in("awaited"), 0);
}

TEST_F(Erasure, keeps_the_audit_log_and_tells_it_there) {
  erase("a");
  const auto log =
      land.repository->read([](const interaction::View& view) { return storage::audit_log::from(view, 0, 10); });
  ASSERT_EQ(log.size(), 1u);
  EXPECT_THAT(log[0].event, HasSubstr("erased"));
  land.repository->read([&](const interaction::View& view) {
    EXPECT_EQ(view.patient_id(log[0].patient), "a");
    return 0;
  });
}

TEST_F(Erasure, may_be_followed_by_a_new_patient_of_that_id) {
  erase("a");
  land.put(R"({"resourceType":"Patient","id":"a"})"), land.put(observation("oa", "a"));
  EXPECT_THAT(land.ask(ourselves(), "GET", "Patient/a/_history").body, HasSubstr("\"total\":1,"));
  EXPECT_EQ(ids_in(land.ask(ourselves(), "GET", "Observation?patient=Patient/a").body), std::set<std::string>{"oa"});
}

struct Said {
  int status;
  std::string text;
};
Said run(const std::string& words) {
  const char* const binary = std::getenv("VARDE_BINARY");
  const std::string line = "'" + std::string(binary ? binary : "./varde") + "' " + words + " 2>&1";
  std::FILE* const pipe = ::popen(line.c_str(), "r");
  std::string text;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  return {WEXITSTATUS(::pclose(pipe)), text};
}

TEST(EraseCommand, gives_a_receipt_and_leaves_no_byte_of_the_patient_in_the_store) {
  if (is_on_postgresql()) GTEST_SKIP() << "the files are the server's";
  std::string name = (std::filesystem::temp_directory_path() / "varde-erase-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::filesystem::path directory = name;
  std::ofstream(directory / "in.ndjson")
      << R"({"resourceType":"Patient","id":"a","name":[{"family":"Utviskesen"}]})"
      << "\n"
      << R"({"resourceType":"Patient","id":"b","name":[{"family":"Beholdsen"}]})"
      << "\n"
      << R"({"resourceType":"Observation","id":"oa","status":"final","code":{"text":"Utviskelig"},"subject":{"reference":"Patient/a"}})"
      << "\n";
  const std::string data = " --data " + (directory / "data").string();
  const Said imported = run("import " + (directory / "in.ndjson").string() + data);
  ASSERT_EQ(imported.status, 0) << imported.text;
  EXPECT_EQ(run("erase a" + data).status, 2) << "a reason is asked for";
  EXPECT_EQ(run("erase nobody --reason x" + data).status, 1);
  const Said first = run("erase a --dry-run" + data);
  EXPECT_EQ(first.status, 0) << first.text;
  EXPECT_THAT(first.text, testing::AllOf(HasSubstr("wouldBeErased"), HasSubstr(R"("Observation":1,"Patient":1)")));
  const Said erased = run("erase a --reason 'asked for by the patient'" + data);
  EXPECT_EQ(erased.status, 0) << erased.text;
  EXPECT_THAT(erased.text, testing::AllOf(HasSubstr("\"erased\""), HasSubstr("asked for by the patient"),
                                          HasSubstr(R"("Observation":1,"Patient":1)")));
  EXPECT_EQ(run("erase a --dry-run" + data).status, 1) << "nothing is left";
  EXPECT_EQ(run("audit verify" + data).status, 0);
  std::string bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory / "data"))
    if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(file), {});
    }
  const auto holds = [&](std::string_view text) { return bytes.find(text) != std::string::npos; };
  EXPECT_TRUE(holds("Beholdsen"));
  EXPECT_TRUE(holds("beholds")) << "as a word of the full text";
  for (const char* const text : {"Utviskesen", "Utviskelig", "utvisk"}) EXPECT_FALSE(holds(text)) << text;
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace varde::test
