// A store that was made by each earlier version opens, and holds what it held.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>

#include "server/storage/embedded.h"
#include "server/storage/keys.h"
#include "server/storage/postgresql/connection.h"
#include "server/storage/sqlite/connection.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using ::testing::ElementsAre;

constexpr int kFirstWithRows = 2;  // the resources and what they are found by
constexpr auto kCode = parameter_key("Observation", "code");

class Upgrade : public Store {
 protected:
  static std::map<int, std::string> schema_files() {
    std::map<int, std::string> files;
    const std::string engine = varde::test::is_on_postgresql() ? "postgresql/" : "sqlite/";
    for (const auto& file : embedded::server_storage::files()) {
      if (!file.path.starts_with(engine)) continue;
      const auto name = file.path.substr(file.path.rfind('/') + 1);
      int number = 0;
      std::from_chars(name.data(), name.data() + name.size(), number);
      files[number] = file.content;
    }
    return files;
  }
  /// An empty place, where a store of that version is made, with a few rows.
  void make(int newest) {
    database.reset();
    varde::test::forget_store(options().directory);
    std::string text = varde::test::is_on_postgresql() ? "" : "PRAGMA application_id = 1447121476;";
    text += "CREATE TABLE schema_version (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);";
    for (const auto& [number, sql] : schema_files()) {
      if (number > newest) break;
      text += sql + fmt::format(";INSERT INTO schema_version VALUES ({}, 'x', 0);", number);
    }
    const auto type_of_name = [](const char* name) { return static_cast<int>(type_key(type(name))); };
    const int patient = type_of_name("Patient"), somebody = type_of_name("Practitioner"),
              observation = type_of_name("Observation");
    text += "INSERT INTO patient (key, id) VALUES (1, 'kari');";
    for (const auto& [key, whose, of, id, version] :
         {std::tuple(1, 1, patient, "kari", 1), std::tuple(2, 0, somebody, "doctor", 1),
          std::tuple(3, 1, observation, "reading", 2)})
      text += fmt::format(
          "INSERT INTO resource (key, patient, type, id, version, updated, method, entries, bytes) VALUES "
          "({}, {}, {}, '{}', {}, 100, 0, '', '{{}}');",
          key, whose, of, id, version);
    const bool has_type = varde::test::is_on_postgresql() || newest >= 13;
    text += fmt::format(
        "INSERT INTO history (resource, version, patient, {}updated, method, bytes) VALUES (3, 1, 1, {}50, 0, 'old');",
        has_type ? "type, " : "", has_type ? fmt::format("{}, ", observation) : "");
    for (const auto& [whose, resource] : {std::pair(0, 2), std::pair(1, 3)})
      text += fmt::format("INSERT INTO token (parameter, code, patient, resource, system) VALUES ({}, 'c', {}, {}, 0);",
                          static_cast<std::int32_t>(kCode), whose, resource);
    if (newest >= 7 || (varde::test::is_on_postgresql() && newest >= 4))
      text += newest >= 25 ? "INSERT INTO told (observation, patient, msg_id) VALUES (3, 1, 'm');"
                           : "INSERT INTO told (observation, msg_id) VALUES (3, 'm');";
    if (varde::test::is_on_postgresql() && newest >= 19) text += "UPDATE key_block SET next = 4;";
    script(text);
  }
  void script(std::string text) {
    if (!varde::test::is_on_postgresql()) {  // bytes are bytes there
      constexpr std::string_view kNothing = "'', '{}'";
      for (auto at = text.find(kNothing); at != std::string::npos; at = text.find(kNothing, at + 2))
        text.insert(at, "x");
      std::filesystem::remove_all(options().directory);
      std::filesystem::create_directory(options().directory);
      const std::string file = options().directory + "/varde.db";
      std::ofstream(file).close();
      return sqlite::Connection(file, sqlite::Access::write, health_).script(text);
    }
    postgresql::Connection(options().server, postgresql::Access::beside, health_).script(text);
  }

  Health health_;
};

TEST_F(Upgrade, from_every_earlier_version_keeps_what_was_stored) {
  if (varde::test::is_on_citus()) GTEST_SKIP() << "a store is spread when it is up to date";
  const int newest = schema_files().rbegin()->first;
  for (const auto& [from, sql] : schema_files()) {
    if (from < kFirstWithRows || from == newest) continue;
    SCOPED_TRACE(from);
    make(from);
    open();
    const auto doctor = current("Practitioner", "doctor");
    ASSERT_TRUE(doctor);
    EXPECT_EQ(doctor->patient, PatientKey::none);
    database->read([&](const Snapshot& snapshot) {
      EXPECT_EQ(snapshot.current(ResourceKey{3})->patient, PatientKey{1});
      EXPECT_EQ(snapshot.version(type("Observation"), "reading", 1)->bytes, "old");
      EXPECT_EQ(snapshot.history(type("Observation"), "reading", 9, 9).size(), 2u);
      EXPECT_THAT(snapshot.by_token(kCode, "", "c"), ElementsAre(ResourceKey{2}, ResourceKey{3}));
      return 0;
    });
    EXPECT_EQ(put("Practitioner", "doctor").version, 2);
    EXPECT_EQ(put("Observation", "reading", {}, Method::update, "ola").version, 3);
    EXPECT_EQ(put("Practitioner", "another").version, 1);
    EXPECT_EQ(current("Practitioner", "doctor")->version, 2);
    EXPECT_EQ(current("Observation", "reading")->version, 3);
  }
}

}  // namespace
}  // namespace varde::storage::test
