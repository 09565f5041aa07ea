/// What the GP receives: HIS 1145:2014 (headings), HIS 80704:2014, MsgHead 1.2; the official schema is the judge when
/// it is at hand. People and numbers are fictitious.
#include "mappings/plo/summary.h"

#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "mappings/reader/reader.h"
#include "tests/mappings/support/files.h"

namespace varde::tests {
namespace {

using mappings::GpSummary;
using mappings::MeasurementLine;

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"kari",
  "identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"02884229971"}],
  "name":[{"extension":[{"url":"http://hl7.no/fhir/StructureDefinition/no-basis-middlename","valueString":"Østby"}],
           "family":"Blåbær","given":["Kari","Åse"]}],
  "gender":"female","birthDate":"1942-08-02","address":[{"line":["Fjellveien 8"],"postalCode":"8005","city":"Bodø"}]})";

class GpSummaryMessage : public testing::Test {
 protected:
  GpSummary summary() const {
    GpSummary s;
    s.patient = patient_.root();
    s.sender = {
        "Bodø kommune", {{"8094866", "HER"}, {"972418013", "ENH"}}, "Helsehjelpa", {{"8094867", "HER"}}, "", {}};
    s.receiver = {
        "Røsslyngen legesenter", {{"91096", "HER"}}, "", {}, "Åge Lyng Sæther", {{"91100", "HER"}, {"9144889", "HPR"}}};
    s.msg_id = "7d0c5c1e-8d3f-4a3e-9a57-3f2a5b1c9e01";
    s.generated = "2026-11-21T08:20:00+01:00";
    s.status = "Fallende oksygenmetning siste døgn.\nSpO2 88 % kl. 08:05 <grense 90 %> & tungpust.";
    s.measurements = {{"2026-11-21T08:05:00+01:00", "SpO2", "88", "%", "red"},
                      {"2026-11-21T07:04:00Z", "Blodtrykk", "142/91", "mmHg", "green"},
                      {"2026-07-01T06:00:00Z", "Vekt", "71.4", "kg", "yellow"}};
    s.limits = "SpO2: grønn fra 92 %, gul 90–91 %, rød under 90 %";
    s.plan = "Måler to ganger daglig til uke 50.";
    s.diagnoses = {{"R95", "2.16.578.1.12.4.1.1.7170", "Kronisk obstruktiv lungesykdom"}};
    s.contact_phone = "+47 75 55 50 00";
    s.responsible = "Gunn Omsorg";
    s.responsible_ids = {{"9876543", "HPR"}};
    return s;
  }

  static std::string message(const GpSummary& s) {
    const auto bundle = mappings::gp_summary_bundle(s);
    EXPECT_TRUE(bundle) << bundle.error().diagnostics;
    if (!bundle) return {};
    for (const auto& failure : fhir::validate(bundle->root()))
      ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
    const auto xml = mappings::from_fhir(bundle->root());
    EXPECT_TRUE(xml) << xml.error().expression << ": " << xml.error().diagnostics;
    return xml.value_or("");
  }

 private:
  fhir::Tree patient_ = *fhir::parse_json(kPatient);
};

std::string note_under(const mappings::Message& message, std::string_view heading) {
  for (const auto* text : message.payload()->all("MedisinskfagligeOpplysninger/GenereltJournalnotat/Journaltekst"))
    if (text->at("Overskriftskode/@V") == heading) return std::string(text->at("Notat"));
  return {};
}

TEST_F(GpSummaryMessage, is_a_message_that_a_receiver_must_accept) {
  const auto message = mappings::read_message(this->message(summary()));
  for (const auto& failure : message.failures) ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
  EXPECT_EQ(message.type, "HELSEOPPLYSNINGER_LEGE");
  EXPECT_EQ(message.version, "1.6");
  EXPECT_EQ(message.status, "N");
  EXPECT_EQ(message.id.text, "7d0c5c1e-8d3f-4a3e-9a57-3f2a5b1c9e01");
  EXPECT_EQ(message.generated, "2026-11-21T08:20:00");
}

TEST_F(GpSummaryMessage, is_valid_by_the_official_schema) {
  if (reference().empty()) GTEST_SKIP() << "no reference material: set VARDE_REFERENCE";
  std::string complaints;
  const auto xml = message(summary());
  EXPECT_TRUE(officially_valid(xml, complaints)) << complaints << xml;
}

TEST_F(GpSummaryMessage, is_addressed_on_both_levels_to_the_gp_by_her_id) {
  const auto message = mappings::read_message(this->message(summary()));
  EXPECT_EQ(message.sender.organisation, "Bodø kommune");
  EXPECT_EQ(message.sender.department, "Helsehjelpa");
  EXPECT_EQ(message.sender.her_id().text, "8094867");
  EXPECT_EQ(message.receiver.organisation, "Røsslyngen legesenter");
  EXPECT_EQ(message.receiver.person, "Åge Lyng Sæther");
  EXPECT_EQ(message.receiver.her_id().text, "91100");
}

TEST_F(GpSummaryMessage, names_the_patient_with_middle_name_and_identity_number) {
  const auto message = mappings::read_message(this->message(summary()));
  ASSERT_TRUE(message.patient);
  EXPECT_EQ(message.patient->family, "Blåbær");
  EXPECT_EQ(message.patient->middle, "Østby");
  EXPECT_EQ(message.patient->given, "Kari Åse");
  EXPECT_EQ(message.patient->sex, "2");
  ASSERT_EQ(message.patient->ids.size(), 1u);
  EXPECT_EQ(message.patient->ids[0].type, "FNR");
  EXPECT_EQ(message.patient->ids[0].value, "02884229971");
}

TEST_F(GpSummaryMessage, says_what_is_the_matter_under_the_heading_the_profile_names) {
  const auto message = mappings::read_message(this->message(summary()));
  EXPECT_EQ(note_under(message, "PROB"), summary().status);
  EXPECT_EQ(note_under(message, "OP"), summary().plan);
  EXPECT_EQ(message.payload()->at("InnholdKonsultasjon/TypeInnholdKonsultasjon/@V"), "2");
}

TEST_F(GpSummaryMessage, lists_measurements_in_norwegian_time_with_the_limits_they_are_read_against) {
  const auto message = mappings::read_message(this->message(summary()));
  EXPECT_EQ(note_under(message, "FU"),
            "Siste målinger hjemme:\n"
            "21.11.2026 08:05 – SpO2: 88 % (RØD)\n"
            "21.11.2026 08:04 – Blodtrykk: 142/91 mmHg (grønn)\n"
            "01.07.2026 08:00 – Vekt: 71.4 kg (gul)\n\n"
            "Gjeldende grenser:\n"
            "SpO2: grønn fra 92 %, gul 90–91 %, rød under 90 %");
}

TEST_F(GpSummaryMessage, takes_a_name_that_is_only_text_apart) {
  for (const auto* text : {"Kari Åse Blåbær", "Blåbær, Kari Åse"}) {
    const auto patient = *fhir::parse_json(
        R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"02884229971"}],
            "name":[{"text":")" +
        std::string(text) + R"("}],"gender":"female","birthDate":"1942-08-02"})");
    auto only_text = summary();
    only_text.patient = patient.root();
    const auto message = mappings::read_message(this->message(only_text));
    EXPECT_TRUE(message.acceptable()) << text;
    EXPECT_EQ(message.patient->family, "Blåbær") << text;
    EXPECT_EQ(message.patient->given, "Kari Åse") << text;
  }
}

TEST_F(GpSummaryMessage, gives_diagnoses_the_responsible_nurse_and_a_telephone_number) {
  const auto message = mappings::read_message(this->message(summary()));
  const auto& payload = *message.payload();
  EXPECT_EQ(payload.at("InfoMedisinskDiagnose/MedisinskDiagnose/Diagnosekode/@V"), "R95");
  EXPECT_EQ(payload.at("InfoMedisinskDiagnose/MedisinskDiagnose/Diagnosekode/@S"), "2.16.578.1.12.4.1.1.7170");
  EXPECT_EQ(payload.at("InfoMedisinskDiagnose/MedisinskDiagnose/Hoveddiagnose"), "true");
  EXPECT_EQ(payload.at("AnsvarForRapport/AnsvarligRapport/FamilyName"), "Omsorg");
  EXPECT_EQ(payload.at("AnsvarForRapport/GodkjentDato"), "2026-11-21");
  EXPECT_EQ(payload.at("TilknyttetEnhet/Kontaktenhet/TeleCom/TeleAddress/@V"), "tel:+4775555000");
}

TEST_F(GpSummaryMessage, has_no_conversation_when_it_starts_one_and_names_it_when_it_answers) {
  EXPECT_FALSE(mappings::read_message(message(summary())).parent_id);
  auto answer = summary();
  answer.parent_id = "0b7a7f0e-5a52-4a63-8a3d-0f6b6ac2d6a1";
  answer.conversation_id = "11111111-5a52-4a63-8a3d-0f6b6ac2d6a1";
  const auto message = mappings::read_message(this->message(answer));
  EXPECT_EQ(message.parent_id, answer.parent_id);
  EXPECT_EQ(message.conversation_id, answer.conversation_id);
}

TEST_F(GpSummaryMessage, asks_for_the_physician_when_that_is_the_purpose) {
  auto wanted = summary();
  wanted.purpose = mappings::SummaryPurpose::wants_assessment;
  const auto message = mappings::read_message(this->message(wanted));
  EXPECT_EQ(message.payload()->at("InnholdKonsultasjon/TypeInnholdKonsultasjon/@V"), "3");
}

TEST_F(GpSummaryMessage, is_refused_when_it_could_not_reach_or_would_not_identify_anybody) {
  const auto fault = [](const GpSummary& s) {
    const auto bundle = mappings::gp_summary_bundle(s);
    return bundle ? Fault::internal : bundle.error().fault;
  };
  auto nobody = summary();
  nobody.receiver.organisation_ids.clear();
  nobody.receiver.person_ids = {{"9144889", "HPR"}};
  EXPECT_EQ(fault(nobody), Fault::required_missing);
  auto silent = summary();
  silent.status.clear();
  EXPECT_EQ(fault(silent), Fault::required_missing);
  auto nameless = summary();
  nameless.msg_id = "4711";
  EXPECT_EQ(fault(nameless), Fault::message_id_malformed);
}

TEST_F(GpSummaryMessage, comes_out_the_same_each_time) { EXPECT_EQ(message(summary()), message(summary())); }

}  // namespace
}  // namespace varde::tests
