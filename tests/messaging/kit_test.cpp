// The receive kits of PLO 1.5 (reference data in VARDE_REFERENCE) through the whole gateway: every criterion that needs
// more than the message itself. Sources: Akseptansetest-mottak-PLO-*.txt, criteria 1, 2, 6 to 21 (case numbers).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fhir-model/json/json.h"
#include "mappings/message.h"
#include "norway/her_id.h"
#include "server/messaging/effect/record.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

namespace fs = std::filesystem;
using storage::InboxState;

struct Kit {
  std::string folder;
  std::string original;  ///< how the name of the plain message begins; its cancellation is case 1-21
  bool makes_patients = false;
  bool names_organisation = false;   ///< case 1-18 has no other fault, and an organisation above the service
  bool names_copy_receiver = false;  ///< case 1-19, by HER-id
};
void PrintTo(const Kit& which, std::ostream* out) { *out << which.folder; }

const std::vector<Kit> kKits{{"plo-dodsfall", "Case1-Pasient", false, false, true},
                             {"plo-til-lege", "Case1-Foresporsel", false, false, true},
                             {"plo-medisinske", "Case1_2-Svar", false, true, false},
                             {"plo-innleggelsesrapport", "Case1-Innleggelse", false, true, true},
                             {"plo-ved-soknad", "Case1-Helse", true}};

std::vector<Kit> kits_with(bool Kit::*what) {
  std::vector<Kit> out;
  std::ranges::copy_if(kKits, std::back_inserter(out), what);
  return out;
}

fs::path kits() {
  const char* source = std::getenv("VARDE_SOURCE");
  const char* given = std::getenv("VARDE_REFERENCE");
  return fs::path(source ? source : ".") / (given ? given : "../shared") / "kith" / "acceptance";
}

class ReceiveKit : public testing::TestWithParam<Kit> {
 protected:
  void SetUp() override {
    if (!fs::exists(kits())) GTEST_SKIP() << "no reference data: set VARDE_REFERENCE";
    gateway.settings.addressing = Addressing::anybody;
    gateway.restart();
  }

  /// The file whose name begins so, whatever the letter case.
  std::string file(std::string begin) {
    const auto lower = [](std::string text) {
      std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      return text;
    };
    for (const auto& entry : fs::directory_iterator(kits() / GetParam().folder))
      if (lower(entry.path().filename().string()).starts_with(lower(begin))) {
        std::ifstream in(entry.path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
      }
    return {};
  }
  std::string original() { return file(GetParam().original); }

  /// Whom the message is about, as our patient.
  std::string enrol(const std::string& xml) {
    const auto patient = mappings::read_message(xml).patient.value();
    std::string number;
    for (const auto& id : patient.ids)
      if (id.type == "FNR") number = id.value;
    return gateway.enrolled_patient({patient.family, patient.given, number, patient.birth_date, patient.sex});
  }

  /// What people read in it: texts and the names of codes, as JSON writes them.
  static std::vector<std::string> words_of(const mappings::XmlNode& node) {
    std::vector<std::string> words;
    const auto add = [&](std::string_view text) {
      const auto first = text.find_first_not_of(" \t\r\n");
      if (first == text.npos) return;
      text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
      const bool spoken = std::ranges::any_of(text, [](unsigned char c) { return std::isalpha(c) || c >= 0x80; });
      if (!spoken || text.find('\n') != text.npos) return;  // numbers and times change their form, lines their ends
      std::string quoted;
      fhir::write_json_string(text, quoted);
      words.push_back(quoted.substr(1, quoted.size() - 2));
    };
    add(node.text);
    add(node.attribute("DN"));
    for (const auto& child : node.children) {
      if (child.name == "TilleggsopplysningPasient") continue;  // what we know of the patient stays as it is
      for (auto& each : words_of(child)) words.push_back(std::move(each));
    }
    return words;
  }

  std::vector<std::string> codes_of_last_answer() {
    std::vector<std::string> codes;
    const auto apprec = mappings::read_apprec(mappings::read_message(gateway.outbox("APPREC").back().bytes));
    for (const auto& error : apprec->errors) codes.push_back(error.code);
    return codes;
  }

  Gateway gateway;
};

TEST_P(ReceiveKit, the_plain_message_is_logged_kept_as_it_came_and_answered) {  // 1, 6, 7, 8
  const auto xml = original();
  ASSERT_FALSE(xml.empty());
  enrol(xml);
  const auto receipt = gateway.receive(xml);
  const auto row = gateway.inbox(receipt.number);
  EXPECT_EQ(row.state, InboxState::processed);
  EXPECT_EQ(row.bytes, xml);
  EXPECT_THAT(codes_of_last_answer(), testing::IsEmpty());
  EXPECT_EQ(gateway.all("Communication").size(), 1u);
}

TEST_P(ReceiveKit, what_is_wrong_is_refused_with_the_place_and_the_reason_in_both_languages) {  // 2, 11, 14, 15, 16
  struct Case {
    std::string number, code, place, english;
  };
  const std::vector<Case> cases{{"Case1-2-", "T01", "", "Line"},
                                {"Case1-11a", "E36", "/MsgHead/MsgInfo/Patient", "The patient needs a name"},
                                {"Case1-14a", "E36", "/MsgHead/MsgInfo/Patient", "The patient needs a name"},
                                {"Case1-15a", "T02", "/MsgHead/", "Line"},
                                {"Case1-16a", "E36", "/MsgHead/MsgInfo/Patient", "The patient needs a name"}};
  enrol(original());
  for (const auto& each : cases) {
    const auto xml = file(each.number);
    ASSERT_FALSE(xml.empty()) << each.number;
    const auto receipt = gateway.receive(xml);
    const auto row = gateway.inbox(receipt.number);
    if (row.state == InboxState::duplicate) continue;  // a kit that gives a case the MsgId of another
    EXPECT_EQ(row.state, InboxState::refused) << each.number;
    const auto apprec = mappings::read_apprec(mappings::read_message(gateway.outbox("APPREC").back().bytes));
    ASSERT_TRUE(apprec) << each.number;
    ASSERT_FALSE(apprec->errors.empty()) << each.number;
    EXPECT_EQ(apprec->errors[0].code, each.code) << each.number;
    const auto& detail = apprec->errors[0].detail;
    const auto bar = detail.find(" | ");
    ASSERT_NE(bar, std::string::npos) << each.number << ": " << detail;
    EXPECT_THAT(detail.substr(0, bar), testing::HasSubstr(each.place)) << each.number;
    EXPECT_THAT(detail.substr(bar), testing::HasSubstr(each.english)) << each.number;
  }
}

TEST_P(ReceiveKit, a_patient_without_record_is_told_to_the_sender_or_made_by_a_referral) {  // 12
  const auto xml = file("Case1-12");
  gateway.receive(xml);
  if (GetParam().makes_patients) {
    EXPECT_EQ(gateway.all("Patient").size(), 1u);
    return;
  }
  EXPECT_THAT(codes_of_last_answer(), testing::ElementsAre("E35"));
  EXPECT_TRUE(gateway.all("Patient").empty());
}

TEST_P(ReceiveKit, a_sender_who_cannot_be_answered_is_a_task_and_no_answer) {  // 13
  for (const char* number : {"Case1-13a", "Case1-13b"}) {
    const auto xml = file(number);
    if (xml.empty()) continue;  // one kit lacks a case
    gateway.start_over();
    enrol(original());
    const auto receipt = gateway.receive(xml);
    EXPECT_EQ(gateway.inbox(receipt.number).state, InboxState::unreadable) << number;
    EXPECT_EQ(gateway.tasks("technical").size(), 1u) << number;
    EXPECT_TRUE(gateway.outbox("APPREC").empty()) << number;
  }
}

TEST_P(ReceiveKit, a_person_whom_we_know_by_another_number_is_not_taken_for_them) {  // 17
  enrol(original());
  gateway.receive(file("Case1-17a"));
  EXPECT_FALSE(codes_of_last_answer().empty());
  EXPECT_EQ(gateway.all("Patient").size(), 1u);
}

TEST_P(ReceiveKit, everything_that_the_content_says_is_in_the_record_and_codes_have_their_words) {  // 9, 10
  const auto xml = original();
  enrol(xml);
  const auto receipt = gateway.receive(xml);
  ASSERT_EQ(gateway.inbox(receipt.number).state, InboxState::processed);
  std::string record = fhir::to_json(gateway.get("Communication", receipt.communication_id).root());
  const auto made =
      gateway.repository->read([&](const interaction::View& view) { return made_by(view, receipt.communication_id); });
  for (const auto& reference : made) {
    const auto type = reference.substr(0, reference.find('/'));
    if (type != "Binary") record += fhir::to_json(gateway.get(type, reference.substr(type.size() + 1)).root());
  }
  const auto message = mappings::read_message(xml);
  for (const auto& words : words_of(*message.payload()))
    EXPECT_NE(record.find(words), std::string::npos) << words << " is in the content and not in the record";
}

class ReceiveKitOfAService : public ReceiveKit {};

TEST_P(ReceiveKitOfAService, that_the_organisation_does_not_have_is_refused_by_name) {  // 18
  const auto xml = file("Case1-18");
  const auto message = mappings::read_message(xml);
  ASSERT_TRUE(message.acceptable());
  const auto organisation = std::ranges::find(message.receiver.organisation_ids, "HER", &mappings::Identifier::type);
  ASSERT_TRUE(organisation != message.receiver.organisation_ids.end() && !message.receiver.department_ids.empty());
  enrol(xml);
  gateway.settings.addressing = Addressing::ours;
  gateway.settings.our_her_ids = {kUs};
  gateway.settings.our_organisation_her_id = norway::plain_her_id(organisation->value);
  gateway.settings.unknown_service = UnknownService::refuse;
  gateway.restart();
  gateway.receive(xml);
  ASSERT_EQ(gateway.outbox("APPREC").size(), 1u);
  EXPECT_THAT(codes_of_last_answer(), testing::ElementsAre("E21"));
}

class ReceiveKitOfACopy : public ReceiveKit {};

TEST_P(ReceiveKitOfACopy, is_answered_for_by_its_receiver_as_such) {  // 19
  const auto xml = file("Case1-19");
  const auto message = mappings::read_message(xml);
  ASSERT_TRUE(!message.copy_receivers.empty() && !message.copy_receivers[0].her_id().text.empty());
  enrol(xml);
  gateway.settings.addressing = Addressing::ours;
  gateway.settings.our_her_ids = {message.copy_receivers[0].her_id().text};
  gateway.restart();
  const auto receipt = gateway.receive(xml);
  EXPECT_EQ(gateway.inbox(receipt.number).state, message.acceptable() ? InboxState::processed : InboxState::refused);
  const auto answers = gateway.outbox("APPREC");
  ASSERT_EQ(answers.size(), 1u);
  const auto apprec = mappings::read_apprec(mappings::read_message(answers[0].bytes));
  EXPECT_EQ(apprec->sender.her_id().text, message.copy_receivers[0].her_id().text);
}

TEST_P(ReceiveKit, the_same_message_twice_has_one_effect_and_one_answer) {  // 20
  const auto xml = original();
  enrol(xml);
  gateway.receive(xml);
  const auto tasks = gateway.all("Task").size();
  EXPECT_TRUE(gateway.receive(xml).duplicate);
  EXPECT_EQ(gateway.all("Task").size(), tasks);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);
}

TEST_P(ReceiveKit, a_cancellation_is_connected_to_its_original_whichever_comes_first) {  // 21
  const auto cancellation = file("Case1-21");
  ASSERT_EQ(mappings::read_message(cancellation).status, "C");
  for (const bool first : {false, true}) {
    gateway.start_over();
    const auto xml = original();
    enrol(xml);
    if (first) gateway.receive(cancellation);
    const auto receipt = gateway.receive(xml);
    if (!first) gateway.receive(cancellation);
    const auto story = gateway.get("Communication", receipt.communication_id);
    EXPECT_EQ(story.root()["status"].value(), "entered-in-error") << first;
  }
}

constexpr auto kNamed = [](const auto& each) {
  std::string name = each.param.folder;
  std::erase(name, '-');
  return name;
};
INSTANTIATE_TEST_SUITE_P(Plo15, ReceiveKit, testing::ValuesIn(kKits), kNamed);
INSTANTIATE_TEST_SUITE_P(Plo15, ReceiveKitOfAService, testing::ValuesIn(kits_with(&Kit::names_organisation)), kNamed);
INSTANTIATE_TEST_SUITE_P(Plo15, ReceiveKitOfACopy, testing::ValuesIn(kits_with(&Kit::names_copy_receiver)), kNamed);

}  // namespace
}  // namespace varde::messaging::test
