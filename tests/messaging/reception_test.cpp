// Holds us to HITS 1168:2016 figure 1, §5.3, §5.4, §6, and HIS 80415:2012 §3.3.4: who is answered, and how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "mappings/message.h"
#include "mappings/reader/reader.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using testing::HasSubstr;

class Reception : public testing::Test {
 protected:
  std::vector<std::string> errors_of_only_answer() {
    const auto answers = gateway.outbox("APPREC");
    if (answers.size() != 1) return {"answers: " + std::to_string(answers.size())};
    const auto apprec = mappings::read_apprec(mappings::read_message(answers[0].bytes));
    std::vector<std::string> codes;
    for (const auto& error : apprec->errors) codes.push_back(error.code);
    if (apprec->status != mappings::AppRecStatus::refused) codes.push_back("not refused");
    return codes;
  }
  Gateway gateway;
};

TEST_F(Reception, stores_the_raw_bytes_to_the_letter_before_anything_else) {
  const std::string bytes = "\xEF\xBB\xBF<not really xml \xE5";
  const auto receipt = gateway.messaging->accept({bytes, "test"});
  ASSERT_TRUE(receipt);
  EXPECT_FALSE(receipt->well_formed);
  gateway.restart();
  EXPECT_EQ(gateway.inbox(receipt->number).bytes, bytes);
  EXPECT_EQ(gateway.inbox(receipt->number).state, storage::InboxState::received);
}

TEST_F(Reception, a_message_with_the_same_msg_id_from_the_same_sender_has_one_effect_and_one_apprec) {
  gateway.enrolled_patient();
  const auto first = gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  auto shouted = gateway.letter("LOG_INNLAGT", 1);
  for (auto& c : shouted.msg_id) c = static_cast<char>(std::toupper(c));
  const auto second = gateway.receive(shouted);
  EXPECT_TRUE(second.duplicate);
  EXPECT_EQ(second.communication_id, first.communication_id);
  EXPECT_EQ(gateway.inbox(second.number).state, storage::InboxState::duplicate);
  EXPECT_EQ(gateway.all("Encounter").size(), 1u);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);
}

TEST_F(Reception, two_copies_that_wait_together_still_have_one_effect) {
  gateway.enrolled_patient();
  const auto xml = demo::write(gateway.letter("LOG_INNLAGT", 1));
  ASSERT_FALSE(gateway.messaging->accept({xml, "a"})->duplicate);
  EXPECT_TRUE(gateway.messaging->accept({xml, "b"})->duplicate);
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.all("Encounter").size(), 1u);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);
}

// Killed between storing the bytes and reading the envelope: nobody has told the copies apart yet.
TEST_F(Reception, copies_whose_envelope_was_never_read_still_have_one_effect) {
  gateway.enrolled_patient();
  const auto xml = demo::write(gateway.letter("LOG_INNLAGT", 1));
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) -> Result<void> {
    for (const char* source : {"a", "b"}) storage::inbox::add(act, source, xml);
    return {};
  }));
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_EQ(gateway.all("Encounter").size(), 1u);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);
  EXPECT_EQ(gateway.inbox(2).state, storage::InboxState::duplicate);
}

// Issue 8 section 3.
TEST_F(Reception, a_message_is_parsed_once_on_its_way_and_once_more_by_the_worker_only_after_a_restart) {
  gateway.enrolled_patient();
  const auto before = mappings::message_reader().readings();
  const auto parsed = [&] { return mappings::message_reader().readings() - before; };
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  EXPECT_EQ(parsed(), 1u);
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));  // a duplicate
  EXPECT_EQ(parsed(), 2u);
  const auto receipt = gateway.messaging->accept({demo::write(gateway.letter("LOG_UTSKREVET", 2)), "test"}).value();
  EXPECT_EQ(parsed(), 3u);
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_EQ(parsed(), 4u);
  EXPECT_EQ(gateway.inbox(receipt.number).state, storage::InboxState::processed);
}

TEST_F(Reception, the_same_msg_id_from_another_sender_is_another_message) {
  gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  auto other = gateway.letter("LOG_INNLAGT", 1);
  other.sender = {"Sørfjord sykehus HF", "910200", "Medisinsk avdeling", "910210"};
  EXPECT_FALSE(gateway.receive(other).duplicate);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 2u);
  EXPECT_EQ(gateway.all("Encounter").size(), 2u);
}

TEST_F(Reception, a_message_to_somebody_else_is_not_answered_and_a_person_is_told) {
  gateway.enrolled_patient();
  auto letter = gateway.letter("LOG_INNLAGT", 1);
  letter.receiver = {"Annen kommune", "700", "Hjemmetjenesten", "701"};
  const auto receipt = gateway.receive(letter);
  EXPECT_TRUE(gateway.outbox("APPREC").empty());
  EXPECT_TRUE(gateway.all("Encounter").empty());
  EXPECT_EQ(gateway.tasks("technical").size(), 1u);
  EXPECT_EQ(gateway.inbox(receipt.number).state, storage::InboxState::refused);
  EXPECT_EQ(gateway.get("Communication", receipt.communication_id).root()["status"].value(), "not-done");
}

TEST_F(Reception, refuses_with_the_code_that_says_why) {
  gateway.enrolled_patient();
  const auto good = demo::write(gateway.letter("LOG_INNLAGT", 1));
  auto nameless = gateway.letter("LOG_INNLAGT", 2);
  nameless.patient = {"Østby", "Åse", "", "", ""};
  auto misnumbered = gateway.letter("LOG_INNLAGT", 4);
  misnumbered.patient = {"Østby", "Åse", "12854830014", "", ""};
  const struct {
    const char* what;
    std::string xml;
    const char* code;
  } kCases[]{
      {"schema", replaced(good, "<Anslag>false</Anslag>", "<Anslag>nei</Anslag>"), "T02"},
      {"msg id", replaced(good, uuid(1), "12345"), "E10"},
      {"patient identity", demo::write(nameless), "E36"},
      {"unknown patient",
       replaced(demo::write(gateway.letter("LOG_INNLAGT", 3)), demo::copd_patient().number,
                demo::unknown_patient().number),
       "E35"},
      {"wrong check digits", demo::write(misnumbered), "E31"},
      {"unknown type", replaced(demo::write(gateway.letter("LOG_INNLAGT", 5)), "LOG_INNLAGT", "LOG_FLYTTET"), "T10"},
      {"broken off", replaced(demo::write(gateway.letter("LOG_INNLAGT", 6)), "</MsgHead>", ""), "T01"},
  };
  for (const auto& each : kCases) {
    const auto before = gateway.outbox("APPREC").size();
    const auto receipt = gateway.receive(each.xml);
    const auto answers = gateway.outbox("APPREC");
    ASSERT_EQ(answers.size(), before + 1) << each.what;
    const auto apprec = mappings::read_apprec(mappings::read_message(answers.back().bytes));
    ASSERT_TRUE(apprec) << each.what;
    EXPECT_EQ(apprec->status, mappings::AppRecStatus::refused) << each.what;
    std::vector<std::string> codes;
    for (const auto& error : apprec->errors) codes.push_back(error.code);
    EXPECT_THAT(codes, testing::Contains(each.code)) << each.what;
    const auto story = gateway.get("Communication", receipt.communication_id);
    EXPECT_EQ(story.root()["status"].value(), "not-done") << each.what;
    EXPECT_FALSE(story.root()["subject"]) << each.what;
    expect_valid(story.root());
  }
  EXPECT_TRUE(gateway.all("Encounter").empty());
}

TEST_F(Reception, what_is_no_message_is_kept_unanswered_and_a_person_is_told) {
  for (const char* bytes : {"", "hello", "<?xml version=\"1.0\"?><a/>",
                            "<MsgHead xmlns=\"http://www.kith.no/xmlstds/msghead/2006-05-24\">"}) {
    const auto before = gateway.tasks("technical").size();
    const auto receipt = gateway.receive(std::string(bytes));
    EXPECT_EQ(gateway.inbox(receipt.number).state, storage::InboxState::unreadable) << bytes;
    EXPECT_EQ(gateway.tasks("technical").size(), before + 1) << bytes;
  }
  EXPECT_TRUE(gateway.outbox("APPREC").empty());
}

TEST_F(Reception, refuses_to_take_more_than_the_limit) {
  gateway.settings.largest_message = 1000;
  gateway.restart();
  const auto accepted = gateway.messaging->accept({std::string(1001, 'x'), "test"});
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().fault, Fault::too_large);
}

TEST_F(Reception, finishes_after_a_restart_what_was_accepted_before_it) {
  const auto patient = gateway.enrolled_patient();
  ASSERT_TRUE(gateway.messaging->accept({demo::write(gateway.letter("LOG_INNLAGT", 1)), "test"}));
  EXPECT_FALSE(gateway.is_paused(patient));
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.files("outbound").size(), 1u);
}

TEST_F(Reception, workers_take_a_file_from_the_folder_and_answer_into_the_folder) {
  const auto patient = gateway.enrolled_patient();
  gateway.messaging->receive_from(*gateway.receiver, std::chrono::milliseconds{20});
  gateway.messaging->start();
  { std::ofstream(gateway.directory / "messages/inbound/a.xml") << demo::write(gateway.letter("LOG_INNLAGT", 1)); }
  for (int i = 0; i < 200 && gateway.files("outbound").empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  EXPECT_EQ(gateway.files("outbound").size(), 1u);
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_TRUE(gateway.files("inbound").empty());
  EXPECT_EQ(gateway.files("archive").size(), 1u);
}

TEST_F(Reception, gives_the_apprec_to_a_caller_who_waits_and_the_same_one_when_asked_again) {
  gateway.enrolled_patient();
  gateway.messaging->start();
  const adapters::Incoming incoming{demo::write(gateway.letter("LOG_INNLAGT", 1)), "http"};
  const auto answer = gateway.messaging->accept_and_answer(incoming, std::chrono::seconds{10});
  ASSERT_TRUE(answer);
  EXPECT_THAT(*answer, HasSubstr("<AppRec"));
  EXPECT_EQ(gateway.messaging->accept_and_answer(incoming, std::chrono::seconds{10}).value(), *answer);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);
}

TEST_F(Reception, reads_norwegian_letters_in_latin_1) {
  const auto patient = gateway.enrolled_patient();
  auto xml = replaced(demo::write(gateway.letter("HELSEOPPL_SOKNAD", 1)), "UTF-8", "ISO-8859-1");
  std::string latin;
  for (std::size_t i = 0; i < xml.size(); ++i) {
    const auto c = static_cast<unsigned char>(xml[i]);
    if (c < 0x80)
      latin += xml[i];
    else
      latin += static_cast<char>(((c & 3) << 6) | (static_cast<unsigned char>(xml[++i]) & 0x3F));
  }
  gateway.receive(latin);
  ASSERT_EQ(gateway.tasks("information").size(), 1u);
  EXPECT_EQ(gateway.all("ServiceRequest").size(), 3u);  // the plan's measurements and the referral
  EXPECT_EQ(gateway.all("Patient").size(), 1u) << patient;
}

TEST_F(Reception, a_text_that_breaks_off_before_its_receiver_is_refused_and_not_called_misaddressed) {
  const auto whole = demo::write(gateway.letter("LOG_INNLAGT", 1));
  gateway.receive(whole.substr(0, whole.find("<Receiver>")));
  EXPECT_THAT(errors_of_only_answer(), testing::ElementsAre("T01"));
  const auto apprec = mappings::read_message(gateway.outbox("APPREC").at(0).bytes);
  EXPECT_TRUE(apprec.schema_valid);
  EXPECT_EQ(apprec.sender.her_id().text, kUs);
}

TEST_F(Reception, a_message_without_msghead_is_refused_when_its_sender_can_be_read) {
  const auto receipt = gateway.receive(
      R"(<Message xmlns="http://www.kith.no/xmlstds/rekvisisjon/2012-02-15"><Type V="REKVISISJON"/><GenDate V="2026-11-20T10:00:00"/>)"
      R"(<MsgId>0b5e1d8a-3c4f-4c7e-9a54-000000000077</MsgId><ServRprt>)"
      R"(<ServProvider><HCP><Inst><Name>Fjellvik sykehus HF</Name><Id>910100</Id><TypeId V="HER"/></Inst></HCP></ServProvider>)"
      R"(<Requester><HCP><Inst><Name>Varde kommune</Name><Id>8142952</Id><TypeId V="HER"/></Inst></HCP></Requester>)"
      R"(</ServRprt></Message>)");
  EXPECT_THAT(errors_of_only_answer(), testing::ElementsAre("T10"));
  EXPECT_EQ(gateway.inbox(receipt.number).sender_her, "910100");
}

TEST_F(Reception, a_service_that_our_organisation_does_not_have_is_refused_where_the_setting_says_so) {
  auto letter = gateway.letter("LOG_INNLAGT", 1);
  letter.receiver.department_her = "8142999";
  gateway.receive(letter);
  EXPECT_TRUE(gateway.outbox("APPREC").empty());
  gateway.settings.unknown_service = UnknownService::refuse;
  gateway.restart();
  letter.msg_id = uuid(2);
  gateway.receive(letter);
  EXPECT_THAT(errors_of_only_answer(), testing::ElementsAre("E21"));
}

TEST_F(Reception, a_synthetic_patient_is_refused_where_the_setting_says_so) {
  gateway.settings.synthetic_numbers = SyntheticNumbers::refuse;
  gateway.restart();
  gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  EXPECT_THAT(errors_of_only_answer(), testing::ElementsAre("E31"));
  EXPECT_TRUE(gateway.all("Encounter").empty());

  auto person = demo::copd_patient();
  person.number = "30024110180";
  gateway.enrolled_patient(person);
  auto letter = gateway.letter("LOG_INNLAGT", 2);
  letter.patient = person;
  gateway.receive(letter);
  EXPECT_EQ(gateway.all("Encounter").size(), 1u);
}

TEST_F(Reception, each_receiver_that_is_us_gives_its_own_apprec) {
  gateway.settings.our_her_ids = {kUs, "8142953"};
  gateway.restart();
  gateway.enrolled_patient();
  const auto copy =
      R"(<OtherReceiver><RoleReceiver V="COP" DN="Kopimottaker"/><Organisation><OrganisationName>Varde kommune</OrganisationName>)"
      R"(<Ident><Id>8142900</Id><TypeId V="HER" DN="HER-id" S="2.16.578.1.12.4.1.1.9051"/></Ident>)"
      R"(<Organisation><OrganisationName>Hjemmetjenesten</OrganisationName>)"
      R"(<Ident><Id>8142953</Id><TypeId V="HER" DN="HER-id" S="2.16.578.1.12.4.1.1.9051"/></Ident></Organisation></Organisation></OtherReceiver><Patient>)";
  gateway.receive(replaced(demo::write(gateway.letter("LOG_INNLAGT", 1)), "<Patient>", copy));
  const auto answers = gateway.outbox("APPREC");
  ASSERT_EQ(answers.size(), 2u);
  const auto first = mappings::read_message(answers[0].bytes), second = mappings::read_message(answers[1].bytes);
  EXPECT_EQ(first.sender.her_id().text, kUs);
  EXPECT_EQ(second.sender.her_id().text, "8142953");
  EXPECT_TRUE(mappings::read_apprec(second)->from_copy_receiver);
  EXPECT_EQ(gateway.all("Encounter").size(), 1u);
}

TEST_F(Reception, a_number_where_the_type_should_be_does_not_reach_the_log) {
  gateway.receive(replaced(demo::write(gateway.letter("LOG_INNLAGT", 1)), "LOG_INNLAGT", "12854830013"));
  for (const auto& line : gateway.log) EXPECT_THAT(line, testing::Not(HasSubstr("12854830013")));
}

TEST_F(Reception, a_pdf_is_kept_whatever_its_sender_calls_the_document) {
  gateway.enrolled_patient();
  const auto attached =
      R"(</Document><Document><RefDoc><IssueDate V="2026-11-20T10:00:00"/><MsgType V="PDF" DN="PDF"/><MimeType>application/pdf</MimeType>)"
      R"(<Content><Base64Container xmlns="http://www.kith.no/xmlstds/base64container">JVBERi0xLjQK</Base64Container></Content></RefDoc></Document></MsgHead>)";
  gateway.receive(replaced(demo::write(gateway.letter("LOG_INNLAGT", 1)), "</Document></MsgHead>", attached));
  EXPECT_EQ(gateway.all("DocumentReference").size(), 2u);
  bool found = false;
  for (const auto& binary : gateway.all("Binary")) found |= binary.root()["data"].value() == "JVBERi0xLjQK";
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace varde::messaging::test
