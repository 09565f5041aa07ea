// GET /log: what the patient reads of who looked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/audit/journal.h"
#include "server/command/access_log_page.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AccessLogPage : public testing::Test {
 protected:
  AccessLogPage()
      : keeper(land.repository->as(access::ourselves("audit"))),
        journal(keeper, [](std::string_view) {}),
        route(command::access_log_page(*land.repository)) {
    for (const std::string id : {"a", "b"}) {
      land.put(R"({"resourceType":"Patient","id":")" + id + R"("})");
      land.put(R"({"resourceType":"Observation","id":"o)" + id +
               R"(","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/)" + id + R"("}})");
    }
    land.context->auditor = &journal;
    journal.start();
  }
  Result<interaction::Response> page(const Who& person, const interaction::Parameters& query = {}) {
    journal.flush();
    interaction::Request request;
    request.method = "GET", request.principal = person, request.query = query;
    return route.handler(request);
  }

  Land land;
  interaction::Repository keeper;
  audit::Journal journal;
  http::PlainRoute route;
  const Who citizen = who("patient", R"("patient":"a")"), gateway = who("epj", {}, "system/*.cruds");
};

TEST_F(AccessLogPage, tells_the_patient_in_norwegian_who_looked_and_nothing_of_others) {
  land.ask(gateway, "GET", "Observation/oa"), land.ask(gateway, "GET", "Observation/ob");
  const auto shown = page(citizen);
  ASSERT_TRUE(shown) << shown.error().diagnostics;
  EXPECT_THAT(shown->content_type, HasSubstr("text/html"));
  EXPECT_THAT(shown->body, AllOf(HasSubstr("Innsynslogg"), HasSubstr("<li>"), HasSubstr("leste")));
  EXPECT_EQ(shown->body.find("<li>"), shown->body.rfind("<li>")) << "one entry: the other is about b";
  EXPECT_THAT(shown->body, Not(HasSubstr("<script")));
}

TEST_F(AccessLogPage, is_the_patients_own_and_of_those_who_act_for_the_patient) {
  EXPECT_EQ(page(gateway).error().fault, Fault::forbidden);
  EXPECT_EQ(page(who("nurse", R"("org":"1")")).error().fault, Fault::forbidden);
  EXPECT_EQ(page(citizen, {{"patient", "b"}}).error().fault, Fault::not_found);
  EXPECT_EQ(page(who("patient", R"("person":"17847600063")")).error().fault, Fault::not_found);
  EXPECT_EQ(page(citizen, {{"before", "x"}}).error().fault, Fault::parameter_malformed);
  land.put(
      R"({"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/b"},"identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"17847600063"}],"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"GUARD"}]}]})");
  EXPECT_TRUE(page(who("next-of-kin", R"("person":"17847600063")"), {{"patient", "b"}}));
}

TEST_F(AccessLogPage, is_had_on_paper_by_the_patient_alone) {
  land.ask(gateway, "GET", "Observation/oa");
  const auto paper = page(citizen, {{"form", "pdf"}});
  ASSERT_TRUE(paper) << paper.error().diagnostics;
  EXPECT_EQ(paper->content_type, "application/pdf");
  EXPECT_TRUE(paper->body.starts_with("%PDF-")) << paper->body.substr(0, 10);
  EXPECT_GT(paper->body.size(), page(citizen, {{"form", "pdf"}, {"before", "1"}})->body.size())
      << "of nothing it is shorter";
  EXPECT_EQ(page(gateway, {{"form", "pdf"}}).error().fault, Fault::forbidden);
  EXPECT_EQ(page(citizen, {{"form", "xlsx"}}).error().fault, Fault::parameter_malformed);
}

TEST_F(AccessLogPage, goes_on_to_older_entries) {
  for (int i = 0; i < 150; ++i) land.ask(gateway, "GET", "Observation/oa");
  const auto first = page(citizen);
  ASSERT_TRUE(first);
  const std::size_t at = first->body.find("before=");
  ASSERT_NE(at, std::string::npos) << first->body.substr(first->body.size() - 300);
  const std::string before = first->body.substr(at + 7, first->body.find('"', at) - at - 7);
  const auto older = page(citizen, {{"before", before}});
  ASSERT_TRUE(older);
  EXPECT_THAT(older->body, AllOf(HasSubstr("<li>"), Not(HasSubstr("before="))));
}

}  // namespace
}  // namespace varde::test
