// Who saw and did what: by the national AuditEvent profile, complete, unchangeable, and readable by whom it is about.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "server/access/page_login.h"
#include "server/audit/announcements.h"
#include "server/audit/event.h"
#include "server/audit/journal.h"
#include "server/audit/routes.h"
#include "server/audit/verify.h"
#include "server/command/page_sessions.h"
#include "server/http/login_pages.h"
#include "server/storage/sql.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Audit : public testing::Test {
 protected:
  Audit()
      : land(audit::routes()),
        keeper(land.as(std::make_shared<const access::Principal>(access::ourselves("audit")))),
        journal(keeper, [this](std::string_view line) { said.append(line).append("\n"); }) {
    land.put(
        R"({"resourceType":"Patient","id":"a","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}]})");
    land.put(R"({"resourceType":"Patient","id":"b"})");
    land.put(
        R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/a"},"managingOrganization":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"111"}}})");
    land.put(observation("o1", "a")), land.put(observation("o2", "a")), land.put(observation("o3", "b"));
    land.context->auditor = &journal;
    journal.start();
  }
  static std::string observation(const std::string& id, const std::string& patient) {
    return R"({"resourceType":"Observation",)" + (id.empty() ? "" : R"("id":")" + id + "\",") +
           R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/)" + patient + "\"}}";
  }
  std::vector<storage::audit_log::Row> rows() {
    journal.flush();
    return land.repository->read(
        [](const interaction::View& view) { return storage::audit_log::from(view, 0, 10'000); });
  }
  audit::Verified verified() {
    journal.flush();
    return land.repository->read(audit::verify);
  }
  void run(const std::string& sql) {
    (void)land.repository->write([&](interaction::Act& act) -> Result<void> {
      act.transaction().connection().script(sql);
      return {};
    });
  }

  std::string said;
  Land land;
  interaction::Repository keeper;
  audit::Journal journal;
  const Who nurse = who("nurse", R"("org":"111")"), gateway = who("epj", {}, "system/*.cruds"),
            auditor = who("auditor"), patient = who("patient", R"("patient":"a")");
};

TEST_F(Audit, of_a_read_says_who_saw_which_version_of_what) {
  EXPECT_EQ(land.ask(nurse, "GET", "Observation/o1").status, 200);
  const auto all = rows();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0].event, HasSubstr(R"("things":"Observation/o1/_history/1")"));
  EXPECT_THAT(all[0].event, HasSubstr(R"("action":"R")"));
  EXPECT_THAT(all[0].event, HasSubstr(R"("organisation":"111")"));
  EXPECT_THAT(all[0].event, HasSubstr(R"("roles":"nurse")"));
  EXPECT_EQ(all[0].agent, "test someone");
}

TEST_F(Audit, of_a_search_says_what_was_asked_and_who_was_found_one_row_for_each_patient) {
  EXPECT_EQ(land.ask(gateway, "GET", "Observation?status=final").status, 200);
  const auto all = rows();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(all[0].patient, all[1].patient);
  for (const auto& row : all) EXPECT_THAT(row.event, HasSubstr(R"("query":"status=final")"));
  EXPECT_THAT(all[0].event + all[1].event, HasSubstr("Observation/o1/_history/1 Observation/o2/_history/1"));
}

TEST_F(Audit, of_a_search_that_found_nothing_is_kept_too) {
  EXPECT_EQ(land.ask(nurse, "GET", "Observation?status=amended").status, 200);
  ASSERT_EQ(rows().size(), 1u);
  EXPECT_EQ(rows()[0].patient, storage::PatientKey::none);
}

TEST_F(Audit, of_a_write_stands_in_the_same_transaction) {
  EXPECT_EQ(land.ask(nurse, "POST", "Observation", observation("", "a")).status, 201);
  // Not gathered: it is there without a flush.
  const auto all =
      land.repository->read([](const interaction::View& view) { return storage::audit_log::from(view, 0, 10); });
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0].event, HasSubstr(R"("action":"C")"));
  EXPECT_NE(all[0].patient, storage::PatientKey::none);
}

TEST_F(Audit, of_a_write_that_was_undone_is_not_there) {
  EXPECT_EQ(land.ask(nurse, "POST", "Observation", observation("", "b")).status, 403);
  for (const auto& row : rows()) EXPECT_THAT(row.event, Not(HasSubstr(R"("action":"C")")));
}

TEST_F(Audit, of_what_was_refused_is_kept) {
  EXPECT_EQ(land.ask(nurse, "DELETE", "Patient/a").status, 403);
  ASSERT_EQ(rows().size(), 1u);
  EXPECT_THAT(rows()[0].event, HasSubstr(R"("status":"403")"));
}

TEST_F(Audit, tells_of_those_without_a_good_login_and_is_not_filled_by_them) {
  const Who unknown = std::make_shared<const access::Principal>(
      access::Principal{access::Principal::Kind::system, "not logged in: invalid_token"});
  EXPECT_EQ(land.ask(unknown, "GET", "Patient/a").status, 401);
  auto all = rows();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0].event, HasSubstr(R"("status":"401")"));
  EXPECT_THAT(all[0].event, HasSubstr("invalid_token"));
  interaction::Request from_somewhere;
  from_somewhere.method = "GET", from_somewhere.path = {"Patient", "a"}, from_somewhere.principal = unknown;
  from_somewhere.circumstances.address = "192.0.2.7";
  std::string allowed;
  EXPECT_FALSE(land.dispatcher().answer(from_somewhere, allowed));
  EXPECT_THAT(rows().back().event, HasSubstr(R"("address":"192.0.2.7")"));
  EXPECT_EQ(audit::audit_event_of(rows().back(), {}).root()["agent"]["network"]["address"].value(), "192.0.2.7");
  for (int i = 0; i < 500; ++i) land.ask(unknown, "GET", "Patient/a");
  all = rows();
  EXPECT_LT(all.size(), 40u);
  EXPECT_THAT(all.back().event, HasSubstr("further requests without a good login"));
}

TEST_F(Audit, covers_bundles_operations_and_history) {
  const std::string bundle =
      R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" + observation("", "a") +
      R"(,"request":{"method":"POST","url":"Observation"}},{"request":{"method":"GET","url":"Observation/o1"}}]})";
  EXPECT_EQ(land.ask(nurse, "POST", "", bundle).status, 200);
  EXPECT_THAT(rows().back().event, HasSubstr(R"("action":"C")"));
  const auto before = rows().size();
  EXPECT_EQ(land.ask(nurse, "GET", "Patient/a/$everything").status, 200);
  EXPECT_EQ(land.ask(nurse, "GET", "Observation/o1/_history").status, 200);
  const auto all = rows();
  ASSERT_GE(all.size(), before + 2);
  EXPECT_THAT(all[before].event, HasSubstr("Observation/o2/_history/1"));
  EXPECT_THAT(all.back().event, HasSubstr("Observation/o1/_history/1"));
}

TEST_F(Audit, is_not_of_what_happens_by_itself) {
  EXPECT_EQ(land.ask(ourselves(), "GET", "Observation/o1").status, 200);
  EXPECT_TRUE(rows().empty());
}

TEST_F(Audit, is_searched_by_auditors_alone_and_written_by_nobody) {
  land.ask(nurse, "GET", "Observation/o1"), land.ask(gateway, "GET", "Observation/o3");
  rows();
  const auto found = land.ask(auditor, "GET", "AuditEvent?patient=a");
  ASSERT_EQ(found.status, 200) << found.body;
  EXPECT_THAT(found.body, HasSubstr("Patient/a"));
  EXPECT_THAT(found.body, Not(HasSubstr("Patient/b")));
  EXPECT_EQ(ids_in(found.body).size(), 1u);
  EXPECT_EQ(ids_in(land.ask(auditor, "GET", "AuditEvent?patient=nobody").body).size(), 0u);
  EXPECT_EQ(land.ask(auditor, "GET", "AuditEvent?colour=red").status, 400);
  for (const Who& other : {nurse, gateway, patient}) {
    EXPECT_EQ(land.ask(other, "GET", "AuditEvent").status, 403);
    EXPECT_EQ(land.ask(other, "GET", "AuditEvent/1").status, 403);
  }
  for (const Who& any : {nurse, gateway, patient, auditor}) {
    EXPECT_EQ(land.ask(any, "DELETE", "AuditEvent/1").status, 403);
    EXPECT_EQ(land.ask(any, "PUT", "AuditEvent/1", R"({"resourceType":"AuditEvent","id":"1"})").status, 403);
    EXPECT_EQ(land.ask(any, "POST", "AuditEvent", R"({"resourceType":"AuditEvent"})").status, 403);
  }
}

TEST_F(Audit, is_paged_newest_first) {
  for (int i = 0; i < 5; ++i) land.ask(nurse, "GET", "Observation/o1");
  rows();
  const auto first = land.ask(auditor, "GET", "AuditEvent?patient=a&_count=2");
  EXPECT_EQ(ids_in(first.body), (std::set<std::string>{"4", "5"}));
  EXPECT_THAT(first.body, HasSubstr("_before=4"));
  EXPECT_EQ(ids_in(land.ask(auditor, "GET", "AuditEvent?patient=a&_count=2&_before=4").body),
            (std::set<std::string>{"2", "3"}));
}

TEST_F(Audit, is_a_valid_AuditEvent) {
  land.ask(nurse, "GET", "Observation?status=final"), land.ask(patient, "GET", "Patient/a"),
      land.ask(nurse, "DELETE", "Patient/a");
  for (const auto& row : rows()) {
    const auto event = audit::audit_event_of(row, "a");
    Budget budget;
    for (const auto& wrong : fhir::validate(event.root(), fhir::Report::errors, &budget))
      ADD_FAILURE() << wrong.expression << " " << wrong.diagnostics;
  }
}

TEST_F(Audit, tells_the_patient_in_norwegian_who_looked) {
  land.ask(who("nurse", R"("org":"111")"), "GET", "Observation?status=final");
  rows();
  const auto log = land.ask(patient, "GET", "Patient/a/$access-log");
  ASSERT_EQ(log.status, 200) << log.body;
  EXPECT_THAT(log.body, HasSubstr("(sykepleier i oppfølgingssenteret), organisasjon 111 søkte fram 2 målinger."));
  EXPECT_EQ(land.ask(patient, "GET", "Patient/b/$access-log").status, 404);
  EXPECT_EQ(land.ask(nurse, "GET", "Patient/a/$access-log").status, 403) << "it is the patient's";
}

TEST_F(Audit, shows_what_was_changed_or_taken_out) {
  for (int i = 0; i < 5; ++i) land.ask(nurse, "GET", "Observation/o1");
  const auto good = verified();
  EXPECT_EQ(good.rows, 5);
  EXPECT_FALSE(good.broken);
  EXPECT_EQ(good.last.size(), 64u);
  run("UPDATE audit SET event = replace(event, 'someone', 'another') WHERE number = 3");
  EXPECT_EQ(verified().broken, 3);
  run("UPDATE audit SET event = replace(event, 'another', 'someone') WHERE number = 3");
  EXPECT_FALSE(verified().broken);
  run("UPDATE audit SET at = at + 1 WHERE number = 2");
  EXPECT_EQ(verified().broken, 2);
  run("UPDATE audit SET at = at - 1 WHERE number = 2; DELETE FROM audit WHERE number = 4");
  EXPECT_EQ(verified().broken, 4);
}

TEST_F(Audit, is_written_within_200_ms_and_when_stopping) {
  land.ask(nurse, "GET", "Observation/o1");
  std::this_thread::sleep_for(std::chrono::milliseconds{250});
  const auto count = [&] {
    return land.repository->read(
        [](const interaction::View& view) { return storage::audit_log::from(view, 0, 100).size(); });
  };
  EXPECT_EQ(count(), 1u);
  land.ask(nurse, "GET", "Observation/o1");
  journal.stop();
  EXPECT_EQ(count(), 2u);
}

TEST_F(Audit, says_when_a_run_was_ended_without_a_stop) {
  EXPECT_EQ(said, "");
  audit::Journal again(keeper, [this](std::string_view line) { said.append(line); });
  again.start();  // as after a kill: the first was not stopped
  EXPECT_THAT(said, HasSubstr("may be missing"));
  again.stop();
  said.clear();
  audit::Journal third(keeper, [this](std::string_view line) { said.append(line); });
  third.start();
  EXPECT_EQ(said, "");
}

TEST_F(Audit, remembers_used_proofs_over_a_restart) {
  const access::Seconds now{std::chrono::floor<std::chrono::seconds>(keeper.now())};
  access::SeenProofs seen([this](const std::string& proof, access::Seconds until) {
    journal.remember(proof, until);
    return true;
  });
  EXPECT_EQ(seen.use(std::string("p\0q", 3), now + std::chrono::seconds{60}, now), access::SeenProofs::Is::fresh);
  journal.stop();
  access::SeenProofs again;
  journal.restore(again);
  EXPECT_EQ(again.use(std::string("p\0q", 3), now + std::chrono::seconds{60}, now), access::SeenProofs::Is::used);
}

TEST_F(Audit, tells_what_somebody_did_to_the_store_beside_the_server_once) {
  journal.stop();
  const auto data = land.directory / "beside";
  std::filesystem::create_directories(data);
  audit::Journal listening(keeper, [](std::string_view) {});
  listening.listen_at(data);
  audit::announce(data, "exported by the command varde export", "types=Patient", land.repository->now());
  listening.start();
  audit::announce(data, "copied by the command varde backup", "file=x", land.repository->now());
  for (int i = 0; i < 300 && !audit::announced(data).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  EXPECT_TRUE(audit::announced(data).empty());
  listening.stop();
  const auto all =
      land.repository->read([](const interaction::View& view) { return storage::audit_log::from(view, 0, 10'000); });
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0].event,
              testing::AllOf(HasSubstr("exported by"), HasSubstr("types=Patient"), HasSubstr("command line: ")));
  EXPECT_THAT(all[1].event, HasSubstr("copied by"));
  const auto told = fhir::to_json(audit::audit_event_of(all[0], {}).root());
  EXPECT_THAT(told, HasSubstr(R"("code":"110106")"));
  EXPECT_THROW(audit::announce(land.directory / "nowhere", "x", "y", land.repository->now()), std::system_error)
      << "what cannot be told is not done";
}

TEST_F(Audit, tells_which_settings_are_not_as_they_were_and_nothing_of_their_values) {
  journal.tell_settings({{"rate-limit", 1}, {"issuers", 2}});
  EXPECT_TRUE(rows().empty()) << "nothing was known of them before";
  journal.tell_settings({{"rate-limit", 1}, {"issuers", 2}});
  EXPECT_TRUE(rows().empty());
  journal.tell_settings({{"rate-limit", 7654321}, {"issuers", 2}, {"retention", 3}});
  const auto all = rows();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0].event, HasSubstr("settings=rate-limit retention"));
  EXPECT_THAT(all[0].event, Not(HasSubstr("7654321")));
  journal.tell_settings({{"rate-limit", 7654321}, {"issuers", 2}, {"retention", 3}});
  EXPECT_EQ(rows().size(), 1u);
}

TEST_F(Audit, tells_of_logins_of_pages_that_failed) {
  access::SeenProofs seen;
  access::Issuer issuer;
  issuer.issuer = "https://sts.example", issuer.client_id = "pages";
  const auto keys = std::make_shared<access::KeySource>([] { return std::nullopt; }, access::KeySource::Times{});
  const auto now = [] { return access::Seconds{std::chrono::seconds{1'800'000'000}}; };
  access::Authenticator logins({{{issuer, keys}}, "https://varde.example", ""}, seen, now);
  command::PageSessions sessions(*land.repository, land.key->text());
  access::PageLogin login(
      {issuer, keys, "https://varde.example/login/callback"}, logins, sessions, seen,
      [](const auto&, const auto&, const auto&) { return std::nullopt; }, now);
  const http::LoginPages pages(login, "https://varde.example/fhir", &journal, [&] { return land.repository->now(); });
  http::Received received;
  received.method = "GET", received.address = "192.0.2.7";
  EXPECT_EQ(pages.answer(received, "/login/callback", "code=hemmelig&state=x")->status, 400);
  received.method = "POST", received.body = "logout_token=hemmelig";
  EXPECT_EQ(pages.answer(received, "/login/ended", "")->status, 400);
  const auto all = rows();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0].event,
              testing::AllOf(HasSubstr(R"("route":"login")"), HasSubstr("192.0.2.7"), HasSubstr("\"status\":\"400\"")));
  EXPECT_THAT(all[1].event, HasSubstr("logout by the issuer"));
  for (const auto& row : all) EXPECT_THAT(row.event, Not(HasSubstr("hemmelig")));
}

}  // namespace
}  // namespace varde::test
