/// Bundles that an integrator writes by hand, with no more than mappings/README.md asks for, become messages that a
/// receiver must accept; and what is missing is said. People and numbers are fictitious.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "mappings/message.h"
#include "tests/mappings/support/files.h"

namespace varde::tests {
namespace {

constexpr std::string_view kPatient = R"({"resource":{"resourceType":"Patient",
  "identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"02884229971"}],
  "name":[{"family":"Blåbær","given":["Kari"]}],"gender":"female","birthDate":"1942-08-02"}})";

std::string communication(std::string_view type) {
  return fmt::format(
      R"({{"resource":{{"resourceType":"Communication","status":"completed",
  "identifier":[{{"system":"urn:ietf:rfc:3986","value":"urn:uuid:7d0c5c1e-8d3f-4a3e-9a57-3f2a5b1c9e01"}}],
  "category":[{{"coding":[{{"system":"urn:oid:2.16.578.1.12.4.1.1.8279","code":"{}"}}]}}],
  "sent":"2026-06-14T10:00:00+02:00",
  "sender":{{"identifier":{{"system":"urn:oid:2.16.578.1.12.4.1.2","value":"8094867"}},"display":"Helsehjelpa"}},
  "recipient":[{{"identifier":{{"system":"urn:oid:2.16.578.1.12.4.1.2","value":"91096"}},"display":"Røsslyngen legesenter"}}]}}}})",
      type);
}

Result<std::string> made(std::string_view type, std::string_view entries) {
  const std::string json = fmt::format(R"({{"resourceType":"Bundle","type":"collection","entry":[{},{}{}{}]}})",
                                       communication(type), kPatient, entries.empty() ? "" : ",", entries);
  const auto bundle = fhir::parse_json(json);
  EXPECT_TRUE(bundle) << bundle.error().diagnostics;
  return mappings::from_fhir(bundle->root());
}

mappings::Message accepted(const Result<std::string>& xml) {
  EXPECT_TRUE(xml) << xml.error().expression << ": " << xml.error().diagnostics;
  const auto message = mappings::read_message(xml.value_or(""));
  for (const auto& failure : message.failures) ADD_FAILURE() << failure.expression << ": " << failure.diagnostics;
  std::string complaints;
  if (!reference().empty()) {
    EXPECT_TRUE(officially_valid(xml.value_or(""), complaints)) << complaints;
  }
  return message;
}

TEST(MadeByOthers, an_encounter_with_a_start_is_an_admission) {
  const auto message = accepted(made("LOG_INNLAGT", R"({"resource":{"resourceType":"Encounter","status":"in-progress",
      "class":{"code":"IMP"},"period":{"start":"2026-06-14T09:40:00+02:00"}}})"));
  EXPECT_EQ(message.type, "LOG_INNLAGT");
  EXPECT_EQ(message.sender.her_id().text, "8094867");
  const auto* event = message.payload()->find("MeldingInnlagtPasient/TidsfestetHendelse");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->at("Hendelsekode/@V"), "1");
  EXPECT_EQ(event->at("TidspunktForHendelse/@V"), "2026-06-14T09:40:00");
}

TEST(MadeByOthers, an_encounter_with_an_end_and_a_destination_is_a_discharge) {
  const auto message = accepted(made("LOG_UTSKREVET", R"({"resource":{"resourceType":"Encounter","status":"finished",
      "class":{"code":"IMP"},"period":{"end":"2026-06-24"},"hospitalization":{"dischargeDisposition":
      {"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.8408","code":"1","display":"Bosted/arbeidssted"}]}}}})"));
  EXPECT_EQ(message.payload()->at("MeldingOmUtskrevetPasient/UtskrevetTil/UtTil/@V"), "1");
}

TEST(MadeByOthers, a_referral_with_headings_and_a_time_is_health_information) {
  const auto message = accepted(made("HELSEOPPL_SOKNAD", R"(
      {"resource":{"resourceType":"ServiceRequest","status":"active","intent":"order","occurrenceDateTime":"2026-06-22"}},
      {"resource":{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"J44.1"}],
         "text":"KOLS"}}},
      {"resource":{"resourceType":"Composition","status":"final","section":[{"title":"Pasientens status",
         "code":{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9145","code":"1","display":"Pasientens status"}]},
         "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Puster tungt &amp; hoster</p><ul><li>SpO2 88</li><li>feber</li></ul></div>"}}]}})"));
  const auto& payload = *message.payload();
  EXPECT_EQ(payload.at("OpplysningOpphold/TidsfestetHendelse/TidspunktForHendelse/@V"), "2026-06-22");
  EXPECT_EQ(payload.at("InfoMedisinskDiagnose/MedisinskDiagnose/Diagnosekode/@S"), "2.16.578.1.12.4.1.1.7110");
  EXPECT_EQ(payload.at("MedisinskfagligeOpplysninger/GenereltJournalnotat/Journaltekst/Notat"),
            "Puster tungt & hoster\nSpO2 88\nfeber");
}

TEST(MadeByOthers, observations_of_a_report_are_results_and_members_stand_in_their_group) {
  const auto message = accepted(made("SVAR_LAB", R"(
      {"resource":{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Blodprøver"},"conclusion":"Se CRP."}},
      {"resource":{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.7280",
         "code":"NPU19748","display":"P-CRP"}]},"valueQuantity":{"comparator":">","value":250,"unit":"mg/L"},
         "referenceRange":[{"text":"< 5"}],"note":[{"text":"Gjentatt"}]}},
      {"fullUrl":"urn:uuid:7d0c5c1e-8d3f-4a3e-9a57-3f2a5b1c9e02","resource":{"resourceType":"Observation","status":"final",
         "code":{"text":"Gruppe"},"hasMember":[{"reference":"urn:uuid:7d0c5c1e-8d3f-4a3e-9a57-3f2a5b1c9e03"}]}},
      {"fullUrl":"urn:uuid:7d0c5c1e-8d3f-4a3e-9a57-3f2a5b1c9e03","resource":{"resourceType":"Observation","status":"final",
         "code":{"text":"Dyrkning"},"valueString":"Ingen vekst"}})"));
  const auto& report = *message.payload();
  EXPECT_EQ(message.version, "1.4");
  EXPECT_EQ(report.at("Comment"), "Se CRP.");
  EXPECT_EQ(report.at("ServProvider/HCP/Inst/Id"), "8094867");
  EXPECT_EQ(report.at("Patient/Name"), "Blåbær, Kari");
  EXPECT_EQ(report.at("Patient/OffId"), "02884229971");
  const auto results = report.all("Patient/ResultItem");
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0]->at("NumResult/ArithmeticComp/@V"), "GT");
  EXPECT_EQ(results[0]->at("NumResult/NumResultValue/@V"), "250");
  EXPECT_EQ(results[0]->at("Investigation/Id/@V"), "NPU19748");
  EXPECT_EQ(results[1]->at("ResultItem/TextResult/TextResultValue"), "Ingen vekst");
}

TEST(MadeByOthers, an_encounter_with_diagnoses_and_text_is_a_discharge_letter) {
  const auto message = accepted(made("EPIKRISE", R"(
      {"resource":{"resourceType":"Encounter","status":"finished","class":{"code":"IMP"},
         "period":{"start":"2026-06-14T09:40:00+02:00","end":"2026-06-20T12:00:00+02:00"}}},
      {"resource":{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"J44.1",
         "display":"KOLS"}]}}},
      {"resource":{"resourceType":"Composition","status":"final","section":[{"title":"Vurdering",
         "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Bedre nå.</p></div>"}}]}})"));
  const auto& event = *message.payload()->child("Event");
  EXPECT_EQ(event.at("ReportedEvent/EndDateTime/@V"), "2026-06-20T12:00:00");
  EXPECT_EQ(event.at("InfItem/Observation/CodedDescr/Concept/@V"), "J44.1");
  EXPECT_EQ(event.at("InfItem/Type/@V"), "H");
  EXPECT_EQ(event.at("Comment/TextResultValue"), "Vurdering\nBedre nå.");
}

TEST(MadeByOthers, a_request_with_a_diagnosis_is_a_referral_with_and_without_msghead) {
  for (const std::string type : {"HENVISNING", "HENVISNING_NYTILSTAND"}) {
    const auto message = accepted(made(type, R"(
      {"resource":{"resourceType":"ServiceRequest","status":"active","intent":"order","priority":"urgent"}},
      {"resource":{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icpc-2","code":"R95"}]}}},
      {"resource":{"resourceType":"Composition","status":"final","section":[{"title":"Grunn",
         "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Ønsker oppfølging.</p></div>"}}]}})"));
    const auto& payload = *message.payload();
    EXPECT_EQ(message.type, type);
    EXPECT_EQ(payload.at("ReqServ/Priority/@V"), "3");
    EXPECT_EQ(payload.at("Diagnosis/Concept/@V"), "R95");
    EXPECT_EQ(payload.at("ReasonAsText/TextResultValue"), "Ønsker oppfølging.");
    EXPECT_EQ(message.sender.her_id().text, "8094867");
  }
}

TEST(MadeByOthers, markup_that_is_no_xml_is_refused) {
  const auto xml =
      made("HENVISNING", R"x({"resource":{"resourceType":"Composition","status":"final","section":[{"title":"x",
      "extension":[{"url":"https://varde.example/fhir/StructureDefinition/plo-content","extension":[{"url":"TextResultValue",
         "extension":[{"url":"xhtml()","valueString":"<p>uten slutt"}]}]}],
      "code":{"coding":[{"system":"https://varde.example/fhir/CodeSystem/plo-element","code":"ReasonAsText"}]}}]}})x");
  ASSERT_FALSE(xml);
  EXPECT_EQ(xml.error().fault, Fault::value_malformed);
}

TEST(MadeByOthers, a_death_without_a_time_is_refused_with_the_place_it_belongs) {
  const auto xml = made("LOG_DOD", "");
  ASSERT_FALSE(xml);
  EXPECT_EQ(xml.error().fault, Fault::required_missing);
  EXPECT_NE(xml.error().expression.find("Pasientlogistikk"), std::string::npos) << xml.error().expression;
}

TEST(MadeByOthers, organisations_that_are_part_of_one_another_end) {
  const auto bundle = fhir::parse_json(R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":
      {"resourceType":"Communication","status":"completed",
       "contained":[{"resourceType":"Organization","id":"a","name":"A","partOf":{"reference":"#b"}},
                    {"resourceType":"Organization","id":"b","name":"B","partOf":{"reference":"#a"}}],
       "category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.8279","code":"LOG_DOD"}]}],
       "sender":{"reference":"#a"},"recipient":[{"reference":"#b"}]}}]})");
  ASSERT_TRUE(bundle) << bundle.error().diagnostics;
  EXPECT_FALSE(mappings::from_fhir(bundle->root()));
}

TEST(MadeByOthers, medicines_and_a_note_are_an_extract_of_the_record) {
  const auto message = accepted(made("EPJ-EKSTRAKT", R"(
      {"resource":{"resourceType":"MedicationStatement","status":"active","medicationCodeableConcept":{"text":"Furix",
         "coding":[{"system":"http://www.whocc.no/atc","code":"C03CA01"}]},"dosage":[{"text":"1 tablett om morgenen"}]}},
      {"resource":{"resourceType":"Composition","status":"final","section":[{"title":"Notat",
         "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Oppdatert liste.</p></div>"}}]}})"));
  const auto documents = message.document.all("Document");
  ASSERT_EQ(documents.size(), 3u);
  EXPECT_EQ(documents[1]->at("RefDoc/Content/Notater/GenereltJournalnotat/Journaltekst/Notat"), "Oppdatert liste.");
  const auto* medicine =
      documents[2]->find("RefDoc/Content/Legemidler/Legemiddelinfo/ForenkletForskrivning/Forskrivningsinfo");
  ASSERT_TRUE(medicine);
  EXPECT_EQ(medicine->at("Navn"), "Furix");
  EXPECT_EQ(medicine->at("Atc/@V"), "C03CA01");
  EXPECT_EQ(medicine->at("DosVeiledEnkel"), "1 tablett om morgenen");
  const auto nodes = message.payload()->all("Node");
  ASSERT_EQ(nodes.size(), 2u) << "the tree names each part";
  EXPECT_EQ(nodes[1]->attribute("komponentID"),
            documents[2]->find("RefDoc/Content/Legemidler")->attribute("komponentID"));
}

TEST(MadeByOthers, a_bundle_that_names_no_message_is_refused) {
  const auto bundle = fhir::parse_json(R"({"resourceType":"Bundle","type":"collection"})");
  const auto xml = mappings::from_fhir(bundle->root());
  ASSERT_FALSE(xml);
  EXPECT_EQ(xml.error().fault, Fault::required_missing);
}

}  // namespace
}  // namespace varde::tests
