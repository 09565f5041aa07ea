// What an envelope says, and what is held against it: HIS 80601:2006, HIS 80415:2012 3.3.4, HITS 1168:2016.
#include <gtest/gtest.h>

#include <array>

#include "mappings/check.h"
#include "mappings/message.h"
#include "mappings/msghead/checks.h"
#include "norway/moment.h"
#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings {
namespace {

using test::fixture;

const time::Instant kReceived = norway::parse_moment("2026-11-22T12:00:00Z")->begin;

std::string check_line(std::string_view name, std::string_view bytes) { return check(name, bytes, kReceived).line; }

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

/// Everything from `begin` to the end of `end` taken out.
std::string without(std::string text, const std::string& begin, const std::string& end) {
  const auto at = text.find(begin);
  EXPECT_NE(at, std::string::npos) << begin;
  return text.erase(at, text.find(end, at) + end.size() - at);
}

std::string faults(const Message& message) {
  std::string out;
  for (const Failure& failure : message.failures)
    out += (out.empty() ? "" : " ") + std::string(row_of(failure.fault).name);
  return out;
}

std::string faults_of(const std::string& bytes) { return faults(read_message(bytes)); }

const std::string kAdmission = "log_innlagt_1.6.xml";

TEST(Envelope, tells_who_sent_what_to_whom_about_whom) {
  const Message message = read_message(fixture("helseopplysninger_1.6.xml"));
  EXPECT_EQ(faults(message), "");
  EXPECT_EQ(message.type, "HELSEOPPL_SOKNAD");
  EXPECT_EQ(message.version, "1.6");
  EXPECT_EQ(message.id.text, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1a04");
  EXPECT_EQ(message.generated, "2026-03-02T08:15:30+01:00");
  EXPECT_EQ(message.status, "N");
  EXPECT_EQ(message.parent_id, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1aa0");
  EXPECT_EQ(message.conversation_id, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1aa1");
  EXPECT_EQ(message.sender.organisation, "Fjellvik sykehus HF");
  EXPECT_EQ(message.sender.department, "Medisinsk sengepost Bjørnå");
  EXPECT_EQ(message.sender.organisation_ids.size(), 2u);
  EXPECT_EQ(message.receiver.her_id().text, "8100442");
  ASSERT_TRUE(message.patient);
  EXPECT_EQ(message.patient->family, "Ålgård-Næss");
  EXPECT_EQ(message.patient->ids.at(0).type, "DNR");
  ASSERT_EQ(message.copy_receivers.size(), 1u);
  EXPECT_EQ(message.copy_receivers[0].person, "Ask Skogsøy");
  ASSERT_TRUE(message.payload());
  EXPECT_EQ(message.payload()->at("InformasjonOmForsendelsen/Foresporsel/Formål/@DN"), "Helsehjelp");
}

TEST(Envelope, reads_a_her_id_written_with_a_separator) {
  EXPECT_EQ(read_message(fixture(kAdmission)).sender.her_id().text, "8094118");
}

TEST(Envelope, takes_the_innermost_her_id_as_the_communication_party) {
  const Message message = read_message(fixture("helseopplysninger_1.6.xml"));
  EXPECT_EQ(message.copy_receivers.at(0).her_id().text, "8200317");
}

TEST(Envelope, finds_the_content_behind_an_attachment_too) {
  const Message message = read_message(fixture("log_innlagt_1.6_pdf.xml"));
  EXPECT_EQ(faults(message), "");
  EXPECT_EQ(message.payload()->name, "Pasientlogistikk");
}

TEST(Envelope, refuses_what_is_not_xml) {
  for (const std::string& bytes : {std::string(), std::string("Hei"), std::string("<MsgHead>"), std::string(100, '\0'),
                                   fixture(kAdmission).substr(0, 1200)})
    EXPECT_EQ(faults_of(bytes), "not-well-formed") << bytes.substr(0, 20);
}

TEST(Envelope, refuses_what_is_too_large_without_reading_it) {
  const Message message = read_message(fixture(kAdmission), {.bytes = 1000});
  EXPECT_EQ(faults(message), "too-large");
  EXPECT_EQ(message.type, "");
}

TEST(Envelope, refuses_other_documents_and_unknown_types_and_versions) {
  const std::string admission = fixture(kAdmission);
  EXPECT_EQ(faults_of("<Bundle xmlns='http://hl7.org/fhir'/>"), "message-unsupported");
  EXPECT_EQ(faults_of(replaced(admission, "msghead/2006-05-24", "msghead/2004-01-01")), "message-unsupported");
  EXPECT_EQ(faults_of(replaced(admission, "LOG_INNLAGT", "LOG_UKJENT")), "message-unsupported");
  EXPECT_EQ(faults_of(replaced(admission, "po/Pasientlogistikk/2012-04-01", "po/Pasientlogistikk/2008-02-20")),
            "message-unsupported");
}

TEST(Envelope, refuses_a_death_that_is_announced_as_an_admission) {
  const std::string lying = replaced(fixture("log_dod_1.5.xml"), "V=\"LOG_DOD\"", "V=\"LOG_INNLAGT\"");
  EXPECT_EQ(faults_of(lying), "message-unsupported");
}

TEST(Envelope, refuses_a_message_without_content) {
  const std::string empty = without(fixture(kAdmission), "<p:Pasientlogistikk", "</p:Pasientlogistikk>");
  EXPECT_EQ(faults_of(empty), "message-unsupported");
}

TEST(Envelope, refuses_what_does_not_follow_the_schema) {
  EXPECT_EQ(faults_of(replaced(fixture(kAdmission), "<Anslag>false</Anslag>", "")), "schema-invalid");
}

TEST(Envelope, asks_for_a_message_id_that_is_a_uuid) {
  const std::string id = "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1a01";
  for (const std::string& wrong : {std::string("12345"), std::string(""), id.substr(1), id + "0",
                                   "{" + id.substr(2) + "}", std::string("6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1a0g")})
    EXPECT_EQ(faults_of(replaced(fixture(kAdmission), id, wrong)), "message-id-malformed") << wrong;
  EXPECT_EQ(faults_of(replaced(fixture(kAdmission), id, "6F1F1B0E-7A42-4C77-9D53-0F2A6D0C1A01")), "");
}

TEST(Envelope, tells_a_wrong_message_id_and_a_broken_schema_together) {
  const std::string broken = replaced(fixture(kAdmission), "<Anslag>false</Anslag>", "");
  EXPECT_EQ(faults_of(replaced(broken, "6f1f1b0e-", "")), "schema-invalid message-id-malformed");
}

TEST(Envelope, wants_parties_that_somebody_can_answer) {
  const std::string admission = fixture(kAdmission);
  std::string anonymous = admission;
  for (const char* id : {"8094001", "999888777", "8094.118"}) anonymous = replaced(anonymous, id, "");
  EXPECT_EQ(faults_of(anonymous), "misaddressed");
  EXPECT_FALSE(answer(read_message(anonymous), "x", "2026-03-02T09:00:00Z"));
}

struct Person {
  const char* patient;
  const char* faults;
};

class PatientIdentityRule : public testing::TestWithParam<Person> {};

TEST_P(PatientIdentityRule, follows_the_standard) {
  const std::string bytes = without(fixture(kAdmission), "<Patient>", "</Patient>");
  EXPECT_EQ(faults_of(replaced(bytes, "</MsgInfo>", std::string(GetParam().patient) + "</MsgInfo>")),
            GetParam().faults);
}

#define NAME "<FamilyName>Næss</FamilyName>"
#define BORN "<DateOfBirth>1941-10-01</DateOfBirth>"
#define MALE "<Sex V=\"1\"/>"
#define ID(type, value) "<Ident><Id>" value "</Id><TypeId V=\"" type "\"/></Ident>"
INSTANTIATE_TEST_SUITE_P(
    Identities, PatientIdentityRule,
    testing::Values(
        Person{"<Patient>" NAME ID("FNR", "01904110120") "</Patient>", ""},
        Person{"<Patient>" NAME ID("DNR", "52884510260") "</Patient>", ""},
        Person{"<Patient>" NAME ID("FHN", "80012345600") "</Patient>", ""},
        Person{"<Patient>" NAME BORN MALE "</Patient>", ""},
        Person{"<Patient>" NAME BORN "<Sex V=\"17\"/></Patient>", ""}, Person{"", "patient-unidentified"},
        Person{"<Patient/>", "patient-unidentified"}, Person{"<Patient>" NAME "</Patient>", "patient-unidentified"},
        Person{"<Patient>" NAME BORN "</Patient>", "patient-unidentified"},
        Person{"<Patient>" NAME MALE "</Patient>", "patient-unidentified"},
        Person{"<Patient>" BORN MALE "</Patient>", "patient-unidentified"},
        Person{"<Patient>" ID("FNR", "01904110120") "</Patient>", "patient-unidentified"},
        Person{"<Patient>" NAME ID("FNR", "") "</Patient>", "patient-unidentified"},
        Person{"<Patient>" NAME ID("HNR", "25436000305") "</Patient>", "patient-unidentified"},
        Person{"<Patient>" NAME ID("FNR", "01904110121") "</Patient>",
               "patient-unidentified patient-identifier-invalid"},
        Person{"<Patient>" NAME ID("FNR", "g18") "</Patient>", "patient-unidentified patient-identifier-invalid"},
        Person{"<Patient>" NAME ID("FHN", "abc") "</Patient>", "patient-unidentified patient-identifier-invalid"},
        Person{"<Patient>" NAME ID("FHN", "01904110120") "</Patient>",
               "patient-unidentified patient-identifier-invalid"},
        Person{"<Patient>" NAME BORN MALE ID("FNR", "01904110121") "</Patient>", ""},
        Person{"<Patient><FamilyNam/></Patient>", "schema-invalid"}));

TEST(Envelope, does_not_refuse_an_unknown_code_value) {
  EXPECT_EQ(faults_of(replaced(fixture(kAdmission), "<Hendelsekode V=\"1\"", "<Hendelsekode V=\"4711\"")), "");
}

TEST(Envelope, refuses_an_attachment_that_cannot_be_shown) {
  const std::string message = fixture("log_innlagt_1.6_pdf.xml");
  const std::string mime = "<MimeType>application/pdf</MimeType>";
  EXPECT_EQ(faults_of(replaced(message, mime, "<MimeType>Image/JPEG; charset=x</MimeType>")), "");
  EXPECT_EQ(faults_of(replaced(message, mime, "<MimeType>application/x-msdownload</MimeType>")),
            "attachment-unsupported");
  EXPECT_EQ(faults_of(replaced(message, mime, "")), "attachment-unsupported");
}

TEST(Envelope, never_puts_patient_data_into_a_diagnostic) {
  for (const auto& [what, with] :
       std::vector<std::pair<std::string, std::string>>{{"<GivenName>Gråskjegg", "<GivenName><b>Gråskjegg</b>"},
                                                        {"</FamilyName>", ""},
                                                        {"01904110120", "01904110129"}}) {
    const std::string line = check_line("x.xml", replaced(fixture(kAdmission), what, with));
    for (const char* secret : {"Gråskjegg", "lgård", "0190411", "1941-10-01"})
      EXPECT_EQ(line.find(secret), std::string::npos) << line;
  }
}

TEST(Envelope, refuses_a_second_content_that_nobody_would_read) {
  const std::string admission = fixture(kAdmission);
  const auto begin = admission.find("<Document>"), end = admission.find("</Document>") + 11;
  const std::string document = admission.substr(begin, end - begin);
  EXPECT_EQ(faults_of(replaced(admission, "</Document>", "</Document>" + document)), "message-unsupported");
}

TEST(Envelope, refuses_a_status_that_nobody_knows) {
  const std::string admission = fixture(kAdmission);
  const auto with = [&](const char* status) {
    return replaced(admission, "<Forsendelsesstatus V=\"N\"", std::string("<Forsendelsesstatus V=\"") + status + "\"");
  };
  EXPECT_EQ(faults_of(with("C")), "");
  EXPECT_EQ(faults_of(with("K")), "code-invalid");
  EXPECT_EQ(faults_of(with("c")), "code-invalid");
}

constexpr const char* kSignature =
    R"(<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>)"
    R"(<SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/><Reference URI=""><DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/>)"
    R"(<DigestValue>2jmj7l5rSw0yVb/vlWAYkK/YBwk=</DigestValue></Reference></SignedInfo><SignatureValue>)"
    R"(MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</SignatureValue></Signature></MsgHead>)";

TEST(Envelope, refuses_what_cannot_be_a_signature_and_claims_nothing_of_one_that_may_be) {
  const std::string signed_message = replaced(fixture(kAdmission), "</MsgHead>", kSignature);
  EXPECT_EQ(faults_of(signed_message), "");
  EXPECT_NE(check_line("x.xml", signed_message).find(R"("signature":"not verified")"), std::string::npos);
  EXPECT_EQ(faults_of(replaced(signed_message, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "AAAA")), "signature-invalid");
  EXPECT_EQ(faults_of(replaced(signed_message,
                               "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "AAAA")),
            "signature-invalid");
  const std::string certificate =
      "</SignatureValue><KeyInfo><X509Data><X509Certificate>AAAA</X509Certificate></X509Data></KeyInfo>";
  EXPECT_EQ(faults_of(replaced(signed_message, "</SignatureValue>", certificate)), "signature-invalid");
}

/// A referral from before MsgHead, without its content.
constexpr const char* kBare =
    R"(<Message xmlns="http://www.kith.no/xmlstds/henvisning/2012-02-15"><Type V="HENVISNING" DN="Henvisning"/><MIGversion>v1.1 2012-02-15</MIGversion>)"
    R"(<GenDate V="2026-03-02T08:15:30"/><MsgId>6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1c01</MsgId><ServReq>)"
    R"(<ServProvider><HCP><Inst><Name>Fjellvik sykehus HF</Name><Id>8100</Id><TypeId V="HER"/></Inst></HCP></ServProvider>)"
    R"(<Requester><HCP><Inst><Name>Bjørkelia legesenter</Name><Id> 920010 </Id><TypeId V="HER"/>)"
    R"(<HCPerson><Name>Bjørn Ødegård</Name><Id>920020</Id><TypeId V="HER"/></HCPerson></Inst></HCP></Requester>)"
    R"(</ServReq></Message>)";

/// The same of a standard that is not received here.
const std::string kRequisition =
    replaced(replaced(kBare, "henvisning/2012", "rekvisisjon/2012"), "\"HENVISNING\"", "\"REKVISISJON\"");

TEST(Envelope, of_a_message_without_msghead_says_what_its_content_lacks) {
  const Message message = read_message(kBare);
  EXPECT_EQ(faults(message), "schema-invalid patient-unidentified");
  EXPECT_EQ(message.version, "1.1");
  EXPECT_NE(message.failures.at(0).expression.find("/Message/ServReq"), std::string::npos);
  EXPECT_EQ(message.failures.back().expression, "/Message/ServReq/Patient");
}

TEST(Envelope, of_a_message_without_msghead_is_read_far_enough_to_refuse_it) {
  const Message message = read_message(kRequisition);
  EXPECT_EQ(faults(message), "message-unsupported");
  EXPECT_EQ(message.type, "REKVISISJON");
  EXPECT_EQ(message.sender.her_id().text, "920020");
  EXPECT_EQ(message.receiver.her_id().text, "8100");
  const auto receipt = answer(message, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1c02", "2026-03-02T09:00:00Z");
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->version, "1.1");
  EXPECT_EQ(receipt->errors.at(0).code, "T10");
  EXPECT_EQ(faults(read_message(write_apprec(*receipt))), "");
}

TEST(CheckLine, does_not_judge_by_a_schema_that_is_not_here) {
  EXPECT_NE(check_line("x.xml", kRequisition).find(R"("schema_valid":null)"), std::string::npos);
  const std::string other =
      replaced(fixture(kAdmission), "po/Pasientlogistikk/2012-04-01", "po/Pasientlogistikk/2008-02-20");
  EXPECT_NE(check_line("x.xml", other).find(R"("schema_valid":null)"), std::string::npos);
}

TEST(CheckLine, says_it_all_in_one_line_of_json) {
  EXPECT_EQ(
      check_line("a \"b\".xml", fixture(kAdmission)),
      R"({"file":"a \"b\".xml","type":"LOG_INNLAGT","version":"1.6","well_formed":true,"schema_valid":true,)"
      R"("signature":null,"acceptable":true,"apprec":{"version":"1.1","status":1,"errors":[],"sendable":true},"failures":[]})");
}

// HIS 80601:2006 (GenDate), HIS 1153-2:2016 (HER-id): as reception judges them.
TEST(CheckLine, refuses_what_the_schema_lets_pass_and_cannot_be) {
  const std::string admission = fixture(kAdmission);
  const auto generated = admission.substr(admission.find("<GenDate>"), 19);
  for (const auto& [what, with, place] : std::vector<std::array<std::string, 3>>{
           {generated, "<GenDate>2199-01-01", "/MsgHead/MsgInfo/GenDate |"},
           {generated, "<GenDate>1999-12-30", "/MsgHead/MsgInfo/GenDate |"},
           {"<Id>", "<Id>0</Id><TypeId V=\"HER\" S=\"2.16.578.1.12.4.1.1.9051\"/></Ident><Ident><Id>",
            "/MsgHead/MsgInfo/Sender |"}}) {
    const auto checked = check("x.xml", replaced(admission, what, with), kReceived);
    EXPECT_FALSE(checked.acceptable) << with;
    EXPECT_NE(checked.line.find(R"("acceptable":false)"), std::string::npos) << checked.line;
    EXPECT_NE(checked.line.find(R"("status":2,"errors":[{"code":"X99")"), std::string::npos) << checked.line;
    EXPECT_NE(checked.line.find(place), std::string::npos) << checked.line;
  }
  EXPECT_TRUE(check("x.xml", admission, kReceived).acceptable);
}

TEST(CheckLine, says_the_code_of_a_text_that_breaks_off_though_nobody_can_be_answered) {
  const std::string line = check_line("x.xml", "<a");
  EXPECT_NE(line.find(R"("well_formed":false)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("status":2,"errors":[{"code":"T01")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("sendable":false)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("fault":"not-well-formed")"), std::string::npos) << line;
}

}  // namespace
}  // namespace varde::mappings
