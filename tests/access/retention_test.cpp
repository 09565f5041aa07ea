// What is kept how long: the rules, what goes by them, what stays whatever they say, and that nothing of it is left.
// The message folder, which an erasure must reach, too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "server/command/message_files.h"
#include "server/command/retention.h"
#include "server/messaging/refused.h"
#include "server/storage/audit_log.h"
#include "server/storage/followup.h"
#include "server/storage/messages.h"
#include "server/storage/retention.h"
#include "server/storage/sql.h"
#include "tests/access/support/land.h"
#include "tests/support/engine.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::days kTenYears{3660};

std::string observation(const std::string& id, const std::string& of) {
  return R"({"resourceType":"Observation","id":")" + id +
         R"(","status":"final","code":{"text":"x"},"effectiveDateTime":"2001-01-01","subject":{"reference":"Patient/)" +
         of + "\"}}";
}

class Retention : public testing::Test {
 protected:
  Retention() {
    config.data = land.directory.string();
    for (const std::string id : {"old", "used", "followed"}) {
      land.put(R"({"resourceType":"Patient","id":")" + id + R"(","identifier":[{"value":"13116900)" +
               (id == "old" ? "216" : "000") + "\"}]}");
      land.put(observation("o-" + id, id)), land.put(observation("o-" + id, id));
    }
    land.put(appointment("early"));
    land.put(appointment("gone"));
    (void)land.ask(ourselves(), "DELETE", "Appointment/gone");
    land.put(
        R"({"resourceType":"EpisodeOfCare","id":"e","status":"active","patient":{"reference":"Patient/followed"}})");
    (void)land.repository->write([&](interaction::Act& act) -> Result<void> {
      const auto episode = act.current(fhir::find_type("EpisodeOfCare"), "e");
      storage::enrolment::put(act, episode->patient, {episode->key, storage::EnrolmentState::paused, act.now()});
      return {};
    });
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    between = land.repository->now();
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    land.put(observation("new", "used")), land.put(appointment("late"));
  }
  static std::string appointment(const std::string& id) {
    return R"({"resourceType":"Appointment","id":")" + id + R"(","status":"booked","description":")" +
           (id == "early" ? "Vinterhage" : "Sommer") +
           R"(","participant":[{"status":"accepted","actor":{"reference":"Patient/used"}}]})";
  }
  /// As if that long had gone by since the moment between the writes.
  command::Retained run(const std::string& rules, std::chrono::days gone_by, bool dry_run = false) {
    EXPECT_TRUE(command::set_retention(config, rules));
    return command::apply_retention(config, *land.repository, between + gone_by, dry_run);
  }
  int status(const std::string& place) { return land.ask(ourselves(), "GET", place).status; }
  std::int64_t rows(const std::string& table) {
    return land.repository->read([&](const interaction::View& view) {
      auto found = static_cast<const storage::Snapshot&>(view).connection().query("SELECT count(*) FROM " + table);
      return found.next() ? found.integer(0) : -1;
    });
  }

  Land land;
  command::Config config;
  storage::Instant between{};
};

TEST_F(Retention, takes_a_record_whole_when_its_last_entry_is_old_and_no_other) {
  const auto done = run("Patient=10y", kTenYears);
  ASSERT_EQ(done.lines.size(), 1u);
  EXPECT_EQ(done.lines[0].removed, 1);
  EXPECT_EQ(done.lines[0].followed_up, 1);
  for (const std::string place : {"Patient/old", "Observation/o-old", "Observation/o-old/_history/1"})
    EXPECT_EQ(status(place), 404) << place;
  for (const std::string place :
       {"Patient/used", "Observation/o-used/_history/1", "Patient/followed", "Observation/o-followed"})
    EXPECT_EQ(status(place), 200) << place;
  EXPECT_EQ(run("Patient=10y", kTenYears).lines[0].removed, 0) << "nothing is left to take";
}

TEST_F(Retention, takes_resources_of_a_type_with_all_their_versions_and_deletions) {
  EXPECT_EQ(run("Appointment=400d", std::chrono::days{399}).lines[0].removed, 0);
  const auto versions = rows("history") + rows("resource");
  const auto done = run("Appointment=400d", std::chrono::days{400});
  EXPECT_EQ(done.lines[0].removed, 2);
  EXPECT_EQ(status("Appointment/early"), 404);
  EXPECT_EQ(status("Appointment/gone"), 404) << "and not 410: nobody knows that it was there";
  EXPECT_EQ(status("Appointment/gone/_history/1"), 404);
  EXPECT_EQ(status("Appointment/late"), 200);
  EXPECT_EQ(ids_in(land.ask(ourselves(), "GET", "Appointment?patient=Patient/used").body),
            std::set<std::string>{"late"});
  EXPECT_LT(rows("history") + rows("resource"), versions);
  EXPECT_EQ(land.put(appointment("early")), "early") << "the id may be used anew";
  EXPECT_THAT(land.ask(ourselves(), "GET", "Appointment/early/_history").body, HasSubstr("\"total\":1,"));
}

TEST_F(Retention, leaves_no_word_of_what_went) {
  if (is_on_postgresql()) GTEST_SKIP() << "its rows are gone with them";
  const std::string with_word = "full_text_data WHERE instr(block, CAST('vinterhag' AS BLOB)) > 0";
  EXPECT_GT(rows(with_word), 0);
  EXPECT_EQ(run("Appointment=400d", std::chrono::days{400}).lines[0].removed, 2);
  EXPECT_EQ(rows(with_word), 0);
}

TEST_F(Retention, keeps_what_is_old_in_a_record_that_is_in_use_or_of_a_patient_who_is_followed_up) {
  const auto done = run("Observation=10y", kTenYears);
  EXPECT_EQ(done.lines[0].removed, 1);
  EXPECT_EQ(done.lines[0].record_in_use, 1);
  EXPECT_EQ(done.lines[0].followed_up, 1);
  EXPECT_EQ(status("Observation/o-old"), 404);
  EXPECT_EQ(status("Observation/o-used"), 200);
  EXPECT_EQ(status("Observation/o-followed"), 200);
  (void)land.repository->write([&](interaction::Act& act) -> Result<void> {
    const auto episode = act.current(fhir::find_type("EpisodeOfCare"), "e");
    storage::enrolment::put(act, episode->patient, {episode->key, storage::EnrolmentState::ended, act.now()});
    return {};
  });
  EXPECT_EQ(run("Observation=10y", kTenYears).lines[0].removed, 1) << "the follow-up has ended";
}

TEST_F(Retention, says_beforehand_what_goes_and_changes_nothing) {
  const auto before = rows("resource") + rows("history") + rows("audit");
  for (const std::string rules : {"Patient=10y", "Observation=10y", "Appointment=400d"}) {
    const auto said = run(rules, kTenYears, true);
    EXPECT_EQ(rows("resource") + rows("history") + rows("audit"), before);
    EXPECT_GT(said.lines[0].removed, 0) << rules;
  }
  const auto said = run("Appointment=400d", kTenYears, true);
  EXPECT_EQ(run("Appointment=400d", kTenYears).lines[0].removed, said.lines[0].removed);
}

TEST_F(Retention, tells_the_audit_log_what_went_of_whom_and_by_which_rule) {
  run("Appointment=400d Patient=10y", kTenYears);
  const auto log =
      land.repository->read([](const interaction::View& view) { return storage::audit_log::from(view, 0, 100); });
  std::string told;
  for (const auto& row : log) told += row.event + "\n";
  EXPECT_THAT(told, HasSubstr("rule=Appointment=400d"));
  EXPECT_THAT(told, HasSubstr("rule=Patient=10y"));
  EXPECT_THAT(told, HasSubstr("Appointment/gone"));
}

TEST(RetentionSetting, is_held_to_ten_years_of_a_record_and_to_what_may_go) {
  command::Config config;
  ASSERT_TRUE(command::set_retention(config, "Patient=15y Observation=4000d  Appointment=30d"));
  EXPECT_EQ(command::show_retention(config), "Patient=15y Observation=4000d Appointment=30d");
  EXPECT_EQ(config.retention[0].days, std::chrono::days{15 * 366});
  EXPECT_TRUE(config.retention[1].of_record);
  EXPECT_FALSE(config.retention[2].of_record);
  for (const auto& [wrong, why] :
       std::vector<std::pair<std::string, std::string>>{{"Patient=9y", "10y"},
                                                        {"Task=5y", "10y"},
                                                        {"Observation=3659d", "10y"},
                                                        {"Appointment=29d", "30d"},
                                                        {"AuditEvent=20y", "always kept"},
                                                        {"Practitioner=20y", "always kept"},
                                                        {"StructureDefinition=20y", "always kept"},
                                                        {"Parameters=20y", "always kept"},
                                                        {"Pasient=20y", "no resource type"},
                                                        {"Patient", "TYPE=AGE"},
                                                        {"Patient=", "no age"},
                                                        {"Patient=ten years", "no age"},
                                                        {"Patient=-20y", "no age"},
                                                        {"Patient=0y", "no age"},
                                                        {"Patient=99999999999y", "no age"},
                                                        {"Patient=20m", "no age"},
                                                        {"Patient=20y Patient=30y", "twice"}}) {
    const auto set = command::set_retention(config, wrong);
    ASSERT_FALSE(set) << wrong;
    EXPECT_THAT(set.error().diagnostics, HasSubstr(why)) << wrong;
  }
  EXPECT_EQ(config.retention.size(), 3u) << "what was set stays";
  EXPECT_TRUE(command::set_retention(config, ""));
  EXPECT_TRUE(config.retention.empty());
}

TEST_F(Retention, reaches_the_message_folder_and_tells_what_it_leaves_to_a_person) {
  const std::string received = "<MsgHead>13116900216 innlagt</MsgHead>", sent = "<MsgHead>svar</MsgHead>";
  const std::string id =
      land.put(R"({"resourceType":"Communication","status":"completed","subject":{"reference":"Patient/old"}})");
  (void)land.repository->write([&](interaction::Act& act) -> Result<void> {
    storage::inbox::finish(act, storage::inbox::add(act, "folder", received),
                           {storage::InboxState::processed, id, {}, {}, {}});
    storage::OutboxRow row;
    row.patient = act.patient_key("old"), row.msg_id = "m1", row.type = "DIALOG", row.receiver_her = "1",
    row.bytes = sent;
    storage::outbox::add(act, row);
    return {};
  });
  const auto folder = land.directory / "messages";
  const auto write = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
  };
  write("archive/1-a.xml", received), write("outbound/m1.xml", sent), write("refused/x.xml", received);
  write("archive/2-b.xml", "<MsgHead>om en annen, og 13116900216</MsgHead>");
  write("archive/3-c.xml", "<MsgHead>om en annen</MsgHead>");
  const auto files = land.repository->read([&](const interaction::View& view) {
    const auto key = view.patient_key("old");
    return command::message_files(config, view, key, messaging::refused_about(view, key));
  });
  EXPECT_THAT(files.own,
              testing::ElementsAre(folder / "archive/1-a.xml", folder / "outbound/m1.xml", folder / "refused/x.xml"));
  EXPECT_THAT(files.naming, testing::ElementsAre(folder / "archive/2-b.xml"));
  run("Patient=10y", kTenYears + std::chrono::days{1});
  for (const auto& gone : files.own) EXPECT_FALSE(std::filesystem::exists(gone)) << gone;
  for (const char* const left : {"archive/2-b.xml", "archive/3-c.xml"})
    EXPECT_TRUE(std::filesystem::exists(folder / left)) << left;
  EXPECT_EQ(rows("inbox"), 0);
  EXPECT_EQ(rows("outbox"), 0);
}

}  // namespace
}  // namespace varde::test
