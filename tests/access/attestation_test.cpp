// Why somebody of another organisation looks, as it is attested: taken, checked, kept, told to the patient.
// Source: NorskHelsenett/Tillitsrammeverk, informasjons_og_datamodell v1.1
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "fhir-model/text/base64.h"
#include "fhir-model/validation/validation.h"
#include "server/access/attestation.h"
#include "server/audit/event.h"
#include "server/audit/journal.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPatientNumber = "13116900216";

/// As the specification's examples are, with everything that is demanded.
std::string attestation(const std::string& from = {}, const std::string& to = {}) {
  std::string out =
      R"({"practitioner":{"identifier":{"id":"17847600063","name":"Rita Lin","system":"urn:oid:2.16.578.1.12.4.1.4.1"},
    "hpr_nr":{"id":"9144900","system":"urn:oid:2.16.578.1.12.4.1.4.4"},
    "legal_entity":{"id":"111","name":"Kommunen","system":"urn:oid:2.16.578.1.12.4.1.4.101"},
    "point_of_care":{"id":"112","name":"Sykehjemmet","system":"urn:oid:2.16.578.1.12.4.1.4.101"}},
    "care_relation":{"healthcare_service":{"code":"KP02","text":"Sykepleietjeneste","system":"urn:oid:2.16.578.1.12.4.1.1.8663"},
    "purpose_of_use":{"code":"COC","text":"Samordning","system":"urn:oid:2.16.840.1.113883.1.11.20448"},
    "purpose_of_use_details":{"code":"15","text":"Helsetjenester i hjemmet","system":"urn:oid:2.16.578.1.12.4.1.1.9151"},
    "decision_ref":{"id":"beslutning-7","description":"Vedtak om tjenester","user_selected":false}},
    "patients":[{"identifier":{"id":"13116900216","system":"urn:oid:2.16.578.1.12.4.1.4.1"}}],"toa":1000000})";
  if (!from.empty()) out.replace(out.find(from), from.size(), to);
  return out;
}
std::string header(const std::string& json) { return fhir::text::to_base64url(json); }

class Attestation : public testing::Test {
 protected:
  Result<void> take(const std::string& json) {
    kept = {};
    return access::take_attestation(header(json), login, now, kept);
  }
  std::string refused(const std::string& json, Fault fault = Fault::parameter_malformed) {
    const auto taken = take(json);
    EXPECT_FALSE(taken) << json;
    if (taken) return {};
    EXPECT_EQ(taken.error().fault, fault) << taken.error().diagnostics;
    EXPECT_THAT(taken.error().diagnostics, Not(HasSubstr(kPatientNumber)));
    return taken.error().diagnostics;
  }

  access::Circumstances kept;
  access::Principal login{access::Principal::Kind::person, "somebody"};
  std::chrono::sys_seconds now{std::chrono::seconds{1'000'100}};
};

TEST_F(Attestation, keeps_what_the_patient_may_be_told_and_no_identity_number) {
  ASSERT_TRUE(take(attestation()));
  EXPECT_EQ(kept.person, kPatientNumber);
  EXPECT_THAT(kept.grounds,
              AllOf(HasSubstr(R"("purpose":"COC")"), HasSubstr(R"("purposeText":"Samordning")"),
                    HasSubstr(R"("decision":"beslutning-7")"), HasSubstr(R"("pointOfCare":"Sykehjemmet")"),
                    HasSubstr(R"("toa":"1000000")"), Not(HasSubstr("13116900216")), Not(HasSubstr("17847600063"))));
}

TEST_F(Attestation, without_what_is_agreed_upon_is_refused_by_name) {
  EXPECT_THAT(refused(attestation(R"("purpose_of_use":{)", R"("other":{)")), HasSubstr("purpose_of_use.code"));
  EXPECT_THAT(refused(attestation(R"("decision_ref":{"id":"beslutning-7",)", R"("decision_ref":{)")),
              HasSubstr("decision_ref.id"));
  EXPECT_THAT(refused(attestation(R"("legal_entity":{"id":"111",)", R"("legal_entity":{)")),
              HasSubstr("legal_entity.id"));
  EXPECT_THAT(refused(attestation(R"(,"toa":1000000)", "")), HasSubstr("toa"));
  EXPECT_THAT(refused(attestation("1000000", R"("1000000")")), HasSubstr("toa"));
  EXPECT_THAT(refused(attestation(R"("patients":[{)", R"("patients":[{"identifier":{"id":"1"}},{)")),
              HasSubstr("one patient"));
  EXPECT_THAT(refused(attestation(R"("COC")", R"("HMARKT")")), HasSubstr("TREAT"));
  EXPECT_THAT(refused(attestation("2.16.840.1.113883.1.11.20448", "1.2.3")), HasSubstr("system"));
  EXPECT_THAT(refused(attestation("Samordning", std::string(251, 'x'))), HasSubstr("250"));
  EXPECT_THAT(refused(attestation("Samordning", "a\\nb")), HasSubstr("control"));
  refused("[]"), refused("{}"), refused("nonsense"), refused(attestation(R"("toa":)", R"("toa":1000000,"toa":)"));
  EXPECT_FALSE(access::take_attestation("not base64!", login, now, kept));
  EXPECT_FALSE(access::take_attestation(std::string(20'000, 'A'), login, now, kept));
}

TEST_F(Attestation, that_contradicts_the_login_or_the_clock_is_refused) {
  login.hpr = "9144900", login.organisation = "111";
  EXPECT_TRUE(take(attestation()));
  login.organisation = "112";
  EXPECT_TRUE(take(attestation())) << "by where it works";
  login.organisation = "999";
  refused(attestation(), Fault::forbidden);
  login.organisation = "111", login.hpr = "9";
  refused(attestation(), Fault::forbidden);
  login.hpr.clear();
  now = std::chrono::sys_seconds{std::chrono::seconds{1'000'000 + 86'400}};
  EXPECT_TRUE(take(attestation()));
  now += std::chrono::seconds{1};
  refused(attestation(), Fault::forbidden);
  now = std::chrono::sys_seconds{std::chrono::seconds{999'939}};
  refused(attestation(), Fault::forbidden);
}

TEST_F(Attestation, is_told_to_the_patient_whom_it_is_about_and_of_no_other) {
  Land land;
  interaction::Repository keeper = land.repository->as(access::ourselves("audit"));
  audit::Journal journal(keeper, [](std::string_view) {});
  land.put(
      R"({"resourceType":"Patient","id":"a","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}]})");
  land.put(R"({"resourceType":"Patient","id":"b"})");
  land.context->auditor = &journal;
  journal.start();
  ASSERT_TRUE(take(attestation()));
  for (const std::string id : {"a", "b"}) {
    interaction::Request request;
    request.method = "GET", request.path = {"Patient", id}, request.principal = who("epj", {}, "system/*.cruds");
    request.circumstances = kept, request.circumstances.address = "192.0.2.7";
    std::string allowed;
    ASSERT_TRUE(land.dispatcher().answer(request, allowed));
  }
  journal.flush();
  const auto rows =
      land.repository->read([](const interaction::View& view) { return storage::audit_log::from(view, 0, 10); });
  ASSERT_EQ(rows.size(), 2u);
  const time::Zone zone = time::Zone::norway();
  EXPECT_THAT(audit::sentence_of(rows[0], zone), HasSubstr("Oppgitt grunn: Samordning, Helsetjenester i hjemmet, "
                                                           "Sykepleietjeneste, Vedtak om tjenester (Sykehjemmet)."));
  EXPECT_THAT(audit::sentence_of(rows[1], zone), HasSubstr("Den oppgitte grunnen gjaldt en annen pasient."));
  EXPECT_THAT(rows[0].event + rows[1].event, AllOf(Not(HasSubstr(kPatientNumber)), Not(HasSubstr("192.0.2.7"))));
  const auto event = audit::audit_event_of(rows[0], "a");
  EXPECT_EQ(event.root()["purposeOfEvent"]["coding"]["code"].value(), "COC");
  EXPECT_THAT(fhir::to_json(event.root()),
              AllOf(HasSubstr("beslutning-7"), HasSubstr("\"valueUnsignedInt\":1000000"), HasSubstr("9151")));
  Budget budget;
  for (const auto& wrong : fhir::validate(event.root(), fhir::Report::errors, &budget))
    ADD_FAILURE() << wrong.diagnostics << " at " << wrong.expression;
  journal.stop();
}

}  // namespace
}  // namespace varde::test
