// What is made of measured numbers (a curve, statistics, the newest ones, the summary, letters) is told to whoever may
// see the Observations: to see the Patient is not enough. docs/roles.md; server/interaction/told_readings.h.
#include <gtest/gtest.h>

#include "adapters/folder/folder.h"
#include "server/clock/clock.h"
#include "server/command/gateway_routes.h"
#include "server/followup/followup.h"
#include "server/messaging/letter/rule.h"
#include "server/messaging/messaging.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

constexpr int kAnything = 0;  ///< but 403 and 404

class ToldReadings : public testing::Test {
 protected:
  ToldReadings() {
    land.store->add_effect(followup);
    for (const std::string id : {"a", "b", "c"}) land.put(R"({"resourceType":"Patient","id":")" + id + "\"}");
    for (const auto& [patient, centre] : {std::pair("a", "111"), std::pair("c", "111"), std::pair("b", "222")})
      land.put(
          R"({"resourceType":"EpisodeOfCare","status":"active","period":{"start":"2026-01-01"},"patient":{"reference":"Patient/)" +
          std::string(patient) +
          R"("},"managingOrganization":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":")" + centre +
          R"("}}})");
    for (const std::string of : {"a", "b", "c"})
      land.put(
          R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"effectiveDateTime":"2026-11-20T08:00:00Z","valueQuantity":{"value":87.25,"unit":"%","system":"http://unitsofmeasure.org","code":"%"},"subject":{"reference":"Patient/)" +
          of + "\"}}");
  }

  void told(const Who& who, const std::string& patient, int status) {
    const std::string code = "code=http://loinc.org|2708-6";
    const std::string trend = "Patient/" + patient + "/$trend?from=2026-11-01&to=2026-12-01&" + code;
    const std::string stats =
        "Observation/$stats?statistic=maximum&period=2026-11-01/2026-12-01&subject=Patient/" + patient + "&" + code;
    for (const std::string& path : {trend, stats, "Patient/" + patient + "/$followup-summary"}) {
      const auto answer = land.ask(who, "GET", path);
      EXPECT_EQ(answer.status, status) << path << answer.body;
      EXPECT_EQ(answer.body.find("87") != std::string::npos, status == 200) << path;
    }
  }
  void newest(const Who& who, const std::string& patient, std::size_t count) {
    const auto answer = land.ask(who, "GET", "Observation/$lastn?patient=Patient/" + patient);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(ids_in(answer.body).size(), count) << patient;
  }
  int status_of(const Who& who, const std::string& path) { return land.ask(who, "GET", path).status; }

  followup::FollowUp followup;
  Land land;
  const std::string at_111 = R"("org":"111")";
};

TEST_F(ToldReadings, are_told_to_who_may_see_the_observations) {
  const auto nurse = who("nurse", at_111);
  told(nurse, "a", 200), told(nurse, "c", 200), told(nurse, "b", 404);
  newest(nurse, "a", 1), newest(nurse, "b", 0);
  const auto citizen = who("patient", R"("patient":"a")");
  told(citizen, "a", 200), told(citizen, "b", 404), told(citizen, "c", 404);
  const auto all = who("epj", {}, "system/*.cruds");
  told(all, "a", 200), told(all, "b", 200), newest(all, "b", 1);
  told(ourselves(), "b", 200);
}

TEST_F(ToldReadings, are_not_told_to_who_may_see_the_patient_alone) {
  for (const Who& one : {who("nurse", at_111, "user/Patient.rs"), who("nurse", at_111, "user/Patient.r"),
                         who("case-worker", at_111), who("patient", R"("patient":"a")", "patient/Patient.rs")}) {
    ASSERT_EQ(status_of(one, "Patient/a"), 200);
    told(one, "a", 403);
    EXPECT_EQ(status_of(one, "Observation/$lastn?patient=Patient/a"), 403);
  }
  const auto case_worker = who("case-worker", at_111);
  EXPECT_EQ(status_of(case_worker, "Patient/b/$followup-summary"), 404) << "of whom it may not know";
  EXPECT_EQ(status_of(case_worker, "Patient/nobody/$followup-summary"), 404);
}

TEST_F(ToldReadings, are_told_of_one_patient_and_not_of_another_who_is_seen_too) {
  const auto nurse = who("nurse", at_111 + R"(,"patient":"a")", "patient/Observation.rs user/Patient.rs");
  ASSERT_EQ(status_of(nurse, "Patient/c"), 200);
  told(nurse, "a", 200), told(nurse, "c", 403), told(nurse, "b", 404);
  newest(nurse, "a", 1), newest(nurse, "c", 0), newest(nurse, "b", 0);
}

TEST_F(ToldReadings, are_not_told_where_a_scope_takes_some_of_them) {
  const auto narrow = who("nurse", at_111, "user/Patient.rs user/Observation.rs?status=final");
  EXPECT_EQ(ids_in(land.ask(narrow, "GET", "Observation").body).size(), 2u);
  told(narrow, "a", 403);
}

TEST_F(ToldReadings, are_not_counted_in_the_benefit_report_of_who_sees_the_course_alone) {
  const auto report = [&](const Who& who) { return land.ask(who, "GET", "EpisodeOfCare/$benefit-report"); };
  const auto told = report(who("nurse", at_111)), kept = report(who("case-worker", at_111));
  ASSERT_EQ(told.status, 200) << told.body;
  ASSERT_EQ(kept.status, 200) << kept.body;
  for (const std::string_view counted : {R"("name":"readings")", R"("name":"green")", R"("name":"red")"}) {
    EXPECT_NE(told.body.find(counted), std::string::npos) << counted;
    EXPECT_EQ(kept.body.find(counted), std::string::npos) << counted;
  }
  EXPECT_NE(kept.body.find(R"("name":"admissions")"), std::string::npos) << "the rest is told";
}

class ToldByLetters : public ToldReadings {
 protected:
  ToldByLetters() {
    std::vector<interaction::Route> rows = command::letter_operations(messaging);
    for (auto& row : command::message_operations(messaging)) rows.push_back(std::move(row));
    rows.insert(rows.end(), interaction::interactions().begin(), interaction::interactions().end());
    routes = std::make_unique<interaction::Routes>(std::move(rows));
    dispatcher = std::make_unique<interaction::Dispatcher>(*land.repository, *land.context, *routes);
  }
  messaging::Settings settings() const {
    messaging::Settings out;
    out.routes = {{"folder", sender.get(), {}}};
    out.our_her_ids = {"8142952"};
    return out;
  }
  void expect(const Who& who, const std::string& patient, int status) {
    const std::string letter(messaging::letter::rules().front().code);
    struct Row {
      std::string method, name;
      bool of_a_letter;
    };
    for (const Row& row :
         {Row{"GET", "$letters", true}, Row{"POST", "$send-letter", true}, Row{"POST", "$send-summary", false}}) {
      interaction::Request request;
      request.method = row.method, request.path = {"Patient", patient, row.name}, request.principal = who;
      request.base = "http://varde.test/fhir";
      if (row.of_a_letter) request.query = {{"letter", letter}};
      std::string allowed;
      auto answer = dispatcher->answer(request, allowed);
      const int got = answer ? answer->status : interaction::outcome(answer.error()).status;
      if (status == kAnything)
        EXPECT_TRUE(got != 403 && got != 404) << row.name << got;
      else
        EXPECT_EQ(got, status) << row.name;
    }
  }

  static adapters::FolderOptions folders(const std::filesystem::path& directory) {
    adapters::FolderOptions out;
    out.root = directory / "messages";
    return out;
  }

  std::unique_ptr<adapters::FolderSender> sender = std::make_unique<adapters::FolderSender>(folders(land.directory));
  clock::Clock clock{*land.repository, [](std::string_view) {}};
  messaging::Messaging messaging{*land.repository, clock, followup, settings()};
  std::unique_ptr<interaction::Routes> routes;
  std::unique_ptr<interaction::Dispatcher> dispatcher;
};

TEST_F(ToldByLetters, only_by_who_may_see_the_observations) {
  expect(who("nurse", at_111), "a", kAnything);
  expect(who("nurse", at_111), "b", 404);
  for (const Who& one :
       {who("nurse", at_111, "user/Patient.rs user/Communication.cruds"),
        who("nurse", at_111, "user/Patient.rs user/Communication.cruds user/Observation.rs?status=final"),
        who("case-worker", at_111)})
    expect(one, "a", 403);
  const auto of_a =
      who("nurse", at_111 + R"(,"patient":"a")", "patient/Observation.rs user/Patient.rs user/Communication.c");
  expect(of_a, "a", kAnything), expect(of_a, "c", 403);
}

}  // namespace
}  // namespace varde::test
