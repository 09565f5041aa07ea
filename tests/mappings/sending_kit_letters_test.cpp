/// The sending kit for letters to GPs (Akseptansetest-sending-PLO-Helseopplysninger_til_lege-v1_5.txt), criteria 2 to
/// 29 as far as a machine can judge: the kit's own cases, read to FHIR and written by us, and our own letters. Not
/// judged by a machine: 1, 19, 20, 28, 31 and 32, which ask about screens and registers.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <regex>

#include "fhir-model/json/json.h"
#include "mappings/message.h"
#include "mappings/plo/summary.h"
#include "tests/mappings/support/files.h"

namespace varde::tests {
namespace {

using mappings::XmlNode;

constexpr std::string_view kType = "HELSEOPPLYSNINGER_LEGE";

struct Letter {
  std::string name, xml;
  mappings::Message message;
  bool of_kit = false;
};

Letter letter_of(std::string name, std::string xml, bool of_kit) {
  auto message = mappings::read_message(xml);
  return {std::move(name), std::move(xml), std::move(message), of_kit};
}

/// What the kit sends, as we would send it: its receive cases are the ones that its sending cases describe.
std::vector<Letter> of_kit() {
  std::vector<Letter> out;
  for (const auto& file : files(reference() / "kith/acceptance/plo-til-lege", ".xml")) {
    const auto bytes = content(file);
    const auto message = mappings::read_message(bytes);
    if (message.type != kType || !message.acceptable()) continue;
    const auto bundle = mappings::to_fhir(message, bytes);
    if (!bundle) continue;
    if (auto xml = mappings::from_fhir(bundle->root()))
      out.push_back(letter_of(file.filename().string(), std::move(*xml), true));
  }
  return out;
}

Letter summary();

std::vector<Letter> our_own() {
  std::vector<Letter> out;
  for (const auto& file : files(source() / "tests/mappings/helseopplysninger_lege", ".json")) {
    const auto bundle = fhir::parse_json(content(file));
    if (!bundle) continue;
    if (auto xml = mappings::from_fhir(bundle->root()))
      out.push_back(letter_of(file.filename().string(), std::move(*xml), false));
  }
  out.push_back(summary());
  return out;
}

/// What an alert sends to the GP.
Letter summary() {
  const auto patient = fhir::parse_json(R"({"resourceType":"Patient",
    "identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"02884229971"}],
    "name":[{"family":"Blåbær","given":["Kari"]}],"gender":"female","birthDate":"1942-08-02"})");
  mappings::GpSummary letter;
  letter.patient = patient->root();
  letter.sender = {
      "Bodø kommune", {{"8094866", "HER"}, {"972418013", "ENH"}}, "Helsehjelpa", {{"8094867", "HER"}}, "", {}};
  letter.receiver = {"Røsslyngen legesenter", {{"91096", "HER"}}, "", {}, "Åge Sæther", {{"91100", "HER"}}};
  letter.msg_id = "7d0c5c1e-8d3f-4a3e-9a57-3f2a5b1c9e01";
  letter.generated = "2026-11-21T08:20:00+01:00";
  letter.status = "Rødt varsel i digital hjemmeoppfølging: SpO2 88 %.";
  letter.contact_phone = "+47 75 55 50 00";
  const auto bundle = mappings::gp_summary_bundle(letter);
  return letter_of("summary", bundle ? mappings::from_fhir(bundle->root()).value_or("") : "", false);
}

void each_node(const XmlNode& node, const std::function<void(const XmlNode&)>& visit) {
  visit(node);
  for (const auto& child : node.children) each_node(child, visit);
}

bool all_nodes(const Letter& letter, const std::function<bool(const XmlNode&)>& holds) {
  bool all = true;
  each_node(letter.message.document, [&](const XmlNode& node) { all &= holds(node); });
  return all;
}

/// A cancellation says no more than what it cancels.
bool cancels(const Letter& letter) { return letter.message.status == "C"; }

bool has(const XmlNode& node, std::string_view attribute) { return !node.attribute(attribute).empty(); }

bool has_id_of_type(const XmlNode& organisation, std::string_view type) {
  return std::ranges::any_of(organisation.all("Ident"),
                             [&](const XmlNode* id) { return id->at("TypeId/@V") == type && !id->at("Id").empty(); });
}

struct Criterion {
  int number;
  std::string_view what;
  std::function<bool(const Letter&)> holds;
};

const std::array kCriteria{
    Criterion{3, "the namespaces of the standard",
              [](const Letter& m) {
                const auto* payload = m.message.payload();
                const auto ns = m.message.version == "1.5"
                                    ? "http://www.kith.no/xmlstds/po/Konsultasjon/2009-06-30"
                                    : "http://www.kith.no/xmlstds/po/HelseopplysningerTilLege/2012-04-01";
                return m.message.document.ns == "http://www.kith.no/xmlstds/msghead/2006-05-24" && payload &&
                       payload->ns == ns;
              }},
    Criterion{4, "UTF-8",
              [](const Letter& m) { return m.xml.starts_with(R"(<?xml version="1.0" encoding="UTF-8"?>)"); }},
    Criterion{6, "all that is mandatory",
              [](const Letter& m) {
                const auto& document = m.message.document;
                const auto* payload = m.message.payload();
                return std::ranges::all_of(std::array{"MsgInfo/Type", "MsgInfo/MIGversion", "MsgInfo/GenDate",
                                                      "MsgInfo/MsgId", "MsgInfo/Sender", "MsgInfo/Receiver",
                                                      "MsgInfo/Patient", "Document/RefDoc/Content"},
                                           [&](const char* path) { return document.find(path) != nullptr; }) &&
                       payload && payload->find("InformasjonOmForsendelsen/Forsendelsesstatus") &&
                       (cancels(m) || std::ranges::any_of(payload->children, [](const XmlNode& each) {
                          return each.name.starts_with("TypeInnhold") || each.name.starts_with("Innhold");
                        }));
              }},
    Criterion{7, "Type HELSEOPPLYSNINGER_LEGE",
              [](const Letter& m) { return m.message.document.at("MsgInfo/Type/@V") == kType; }},
    Criterion{8, "MIGversion as \"vn ccyy-mm-dd\"",
              [](const Letter& m) {
                return std::regex_match(std::string(m.message.document.at("MsgInfo/MIGversion")),
                                        std::regex(R"(v\d+(\.\d+)? \d{4}-\d{2}-\d{2})"));
              }},
    Criterion{9, "GenDate with day and time",
              [](const Letter& m) {
                return std::regex_search(m.message.generated, std::regex(R"(^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})"));
              }},
    Criterion{10, "a MsgId that is a UUID", [](const Letter& m) { return m.message.id.text.size() == 36; }},
    Criterion{11, "no element without information",
              [](const Letter& m) {
                return all_nodes(m, [](const XmlNode& node) {
                  return node.text.find_first_not_of(" \t\r\n") != std::string::npos || !node.children.empty() ||
                         !node.attributes.empty() || !node.markup.empty();
                });
              }},
    Criterion{13, "V beside DN, for CS",
              [](const Letter& m) {
                return all_nodes(
                    m, [](const XmlNode& node) { return !has(node, "DN") || has(node, "V") || has(node, "OT"); });
              }},
    Criterion{15, "S beside V and DN, or OT, for CV",
              [](const Letter& m) {
                return all_nodes(m, [](const XmlNode& node) {
                  return !has(node, "S") || has(node, "OT") || (has(node, "V") && has(node, "DN"));
                });
              }},
    Criterion{16, "the letter in the first Document, as XML",
              [](const Letter& m) {
                const auto* document = m.message.document.child("Document");
                return document && document->at("RefDoc/MsgType/@V") == "XML" &&
                       m.message.payload() == &document->find("RefDoc/Content")->children.at(0);
              }},
    Criterion{17, "consent by list 9064, where it is said",
              [](const Letter& m) {
                return std::ranges::all_of(m.message.document.all("Document/Consent"), [](const XmlNode* consent) {
                  return consent->attribute("S").empty() || consent->attribute("S").ends_with(".9064");
                });
              }},
    Criterion{18, "the patient's name and number",
              [](const Letter& m) {
                const auto& patient = m.message.patient;
                return patient && !patient->family.empty() && !patient->given.empty() &&
                       (!patient->ids.empty() || !patient->birth_date.empty());  // 19: where no number is known
              }},
    Criterion{21, "the sender's name and number",
              [](const Letter& m) {
                const auto* sender = m.message.document.find("MsgInfo/Sender/Organisation");
                return sender && !sender->at("OrganisationName").empty() &&
                       (has_id_of_type(*sender, "ENH") || (!m.of_kit && has_id_of_type(*sender, "HER")));
              }},
    Criterion{22, "the receiver's name and number",
              [](const Letter& m) {
                const auto* receiver = m.message.document.find("MsgInfo/Receiver/Organisation");
                return receiver && !receiver->at("OrganisationName").empty() &&
                       (has_id_of_type(*receiver, "ENH") || (!m.of_kit && has_id_of_type(*receiver, "HER")));
              }},
    Criterion{23, "TypeId beside every Id",
              [](const Letter& m) {
                return all_nodes(m, [](const XmlNode& node) {
                  return node.name != "Ident" || (node.child("Id") && !node.at("TypeId/@V").empty());
                });
              }},
    Criterion{24, "the element that belongs to the type, and the name of the type",
              [](const Letter& m) {
                const auto* payload = m.message.payload();
                return payload && payload->name == "Konsultasjon" &&
                       m.message.document.at("MsgInfo/Type/@DN") == "Helseopplysninger til lege";
              }},
    Criterion{25, "of the unit that is concerned name and number",
              [](const Letter& m) {
                return std::ranges::all_of(
                    m.message.payload()->all("TilknyttetEnhet/Kontaktenhet"), [&](const XmlNode* unit) {
                      return !unit->at("OrganisationName").empty() && (has_id_of_type(*unit, "ENH") || !m.of_kit);
                    });
              }},
    Criterion{26, "whom to turn to",
              [](const Letter& m) {
                const auto* payload = m.message.payload();
                return cancels(m) || payload->child("AnsvarForRapport") ||
                       payload->child("KontaktpersonHelsepersonell") || payload->child("TilknyttetEnhet");
              }},
    Criterion{27, "a doctor at an office: two levels",
              [](const Letter& m) {
                const auto* office = m.message.document.find("MsgInfo/Receiver/Organisation");
                return office && (office->child("HealthcareProfessional") || office->child("Organisation") ||
                                  (!m.of_kit && has_id_of_type(*office, "HER")));
              }},
    Criterion{29, "a service of a municipality: two levels",
              [](const Letter& m) {
                const auto* sender = m.message.document.find("MsgInfo/Sender/Organisation");
                return sender && (sender->child("Organisation") || (!m.of_kit && has_id_of_type(*sender, "HER")));
              }},
};

void expect_all_criteria(const std::vector<Letter>& letters) {
  for (const auto& letter : letters) {
    ASSERT_EQ(letter.message.type, kType) << letter.name;
    for (const auto& criterion : kCriteria)
      EXPECT_TRUE(criterion.holds(letter))
          << letter.name << ", criterion " << criterion.number << ": " << criterion.what << "\n"
          << letter.xml;
  }
}

TEST(SendingKitOfLetters, the_kits_own_cases_meet_every_criterion_as_we_write_them) {
  if (reference().empty()) GTEST_SKIP() << "no reference material: set VARDE_REFERENCE";
  const auto letters = of_kit();
  EXPECT_GE(letters.size(), 10u);
  expect_all_criteria(letters);
}

TEST(SendingKitOfLetters, our_own_letters_meet_every_criterion) {
  const auto letters = our_own();
  EXPECT_GE(letters.size(), 3u) << "two fixtures, and the summary that an alert sends";
  expect_all_criteria(letters);
}

TEST(SendingKitOfLetters, what_we_write_is_valid_by_the_official_schemas) {  // 2, 5, 12, 14
  if (reference().empty()) GTEST_SKIP() << "no reference material: set VARDE_REFERENCE";
  auto letters = of_kit();
  for (auto& letter : our_own()) letters.push_back(std::move(letter));
  for (const auto& letter : letters) {
    std::string complaints;
    EXPECT_TRUE(officially_valid(letter.xml, complaints)) << letter.name << ": " << complaints;
  }
}

/// Case 2.2: the answer to the question of case 2.1 names it, and says that it answers.
TEST(SendingKitOfLetters, an_answer_names_the_question) {
  if (reference().empty()) GTEST_SKIP() << "no reference material: set VARDE_REFERENCE";
  const auto folder = reference() / "kith/acceptance/plo-til-lege";
  const auto question =
      mappings::read_message(content(folder / "Case2_1-Dialogmelding-Foresporsel-Konsultasjon_fra_fastlegen.xml"));
  const auto bytes = content(folder / "Case2_2-Svar-Helseopplysninger_til_lege-v1_5.xml");
  const auto answer = mappings::read_message(bytes);
  ASSERT_EQ(question.type, "DIALOG_FORESPORSEL");
  const auto bundle = mappings::to_fhir(answer, bytes);
  ASSERT_TRUE(bundle);
  const auto again = mappings::read_message(mappings::from_fhir(bundle->root()).value());
  EXPECT_EQ(again.payload()->at("InformasjonOmForsendelsen/SvarPaaForesporsel"),
            answer.payload()->at("InformasjonOmForsendelsen/SvarPaaForesporsel"));
  EXPECT_EQ(again.parent_id, answer.parent_id);
  EXPECT_EQ(again.conversation_id, answer.conversation_id);
}

}  // namespace
}  // namespace varde::tests
