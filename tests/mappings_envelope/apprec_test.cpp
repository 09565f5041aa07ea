// The receipt: HIS 80415:2004 and 2012, HITS 1168:2016.
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings {
namespace {

using test::fixture;

constexpr const char* kId = "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1c01";
constexpr const char* kNow = "2026-03-02T09:00:00+01:00";

AppRec answered(const std::string& bytes, const HerId& us = {}) {
  const auto receipt = answer(read_message(bytes), kId, kNow, us);
  EXPECT_TRUE(receipt) << "no answer";
  return receipt.value_or(AppRec{});
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

std::string codes(const AppRec& receipt) {
  std::string out;
  for (const CodedError& error : receipt.errors) out += (out.empty() ? "" : " ") + error.code;
  return out;
}

TEST(AppRec, goes_back_from_the_receiver_to_the_sender) {
  const AppRec receipt = answered(fixture("log_innlagt_1.6.xml"));
  EXPECT_EQ(receipt.status, AppRecStatus::ok);
  EXPECT_EQ(receipt.sender.her_id().text, "8100442");
  EXPECT_EQ(receipt.receiver.her_id().text, "8094118");
  EXPECT_EQ(receipt.original_id.text, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1a01");
  EXPECT_EQ(receipt.original_issued, "2026-03-02T08:15:30+01:00");
}

TEST(AppRec, has_the_version_that_the_message_s_standard_asks_for) {
  EXPECT_EQ(answered(fixture("log_innlagt_1.6.xml")).version, "1.1");
  EXPECT_EQ(answered(fixture("log_dod_1.5.xml")).version, "1.0");
  EXPECT_EQ(
      answered(replaced(fixture("log_dod_1.5.xml"), "po/Pasientlogistikk/2009-06-30", "po/Pasientlogistikk/2008-02-20"))
          .version,
      "1.0");
  EXPECT_EQ(answered(fixture("log_dod_1.5.xml").substr(0, 2400)).version, "1.0")
      << "broken off, but after its namespace";
}

TEST(AppRec, comes_back_as_it_was_written) {
  for (const char* name : {"log_innlagt_1.6.xml", "log_dod_1.5.xml", "helseopplysninger_1.6.xml"}) {
    AppRec receipt = answered(fixture(name));
    receipt.status = AppRecStatus::refused;
    receipt.errors = {{"E21", "Mottaker finnes ikke", "Tjenesten er \"flyttet\" <til> Ås & omegn"}};
    const Message message = read_message(write_apprec(receipt));
    EXPECT_TRUE(message.schema_valid) << (message.failures.empty() ? "" : message.failures[0].expression);
    EXPECT_EQ(message.type, "APPREC");
    const auto back = read_apprec(message);
    ASSERT_TRUE(back) << back.error().diagnostics;
    EXPECT_EQ(back->version, receipt.version);
    EXPECT_EQ(back->id, kId);
    EXPECT_EQ(back->generated, kNow);
    EXPECT_EQ(back->status, AppRecStatus::refused);
    ASSERT_EQ(back->errors.size(), 1u);
    EXPECT_EQ(back->errors[0].code, "E21");
    EXPECT_EQ(back->errors[0].text, "Mottaker finnes ikke");
    EXPECT_EQ(back->errors[0].detail, "Tjenesten er \"flyttet\" <til> Ås & omegn");
    EXPECT_EQ(back->original_id, receipt.original_id);
    EXPECT_EQ(back->original_type, receipt.original_type);
    EXPECT_EQ(back->original_issued, receipt.original_issued);
    EXPECT_EQ(back->sender.her_id(), receipt.sender.her_id());
    EXPECT_EQ(back->receiver.organisation, receipt.receiver.organisation);
    EXPECT_EQ(back->receiver.department, receipt.receiver.department);
    EXPECT_EQ(back->receiver.organisation_ids.size(), receipt.receiver.organisation_ids.size());
  }
}

TEST(AppRec, is_valid_by_the_official_schema) {
  NEEDS_REFERENCE();
  const auto official = test::official_reader();
  for (const char* name : {"log_innlagt_1.6.xml", "log_dod_1.5.xml", "helseopplysninger_1.6.xml"}) {
    const std::string bytes = fixture(name);
    for (const std::string& variant :
         {bytes, replaced(bytes, "<Anslag>false</Anslag>", ""), bytes.substr(0, 2400),
          replaced(bytes, "2026-03-02T08:15:30+01:00", "i går"), replaced(bytes, "<MsgId>", "<MsgId>æ&amp;")}) {
      const std::string receipt = write_apprec(answered(variant));
      const Reading reading = official->read(receipt);
      EXPECT_TRUE(reading.schema_valid) << receipt << (reading.failures.empty() ? "" : reading.failures[0].expression);
    }
  }
}

TEST(AppRec, names_each_code_once_with_the_places_that_caused_it) {
  std::string bytes = replaced(fixture("log_innlagt_1.6.xml"), "<Anslag>false</Anslag>", "<Anslag>kanskje</Anslag>");
  bytes = replaced(bytes, "<DateOfBirth>1941-10-01", "<DateOfBirth>1941-13-01");
  const AppRec receipt = answered(bytes);
  EXPECT_EQ(receipt.status, AppRecStatus::refused);
  EXPECT_EQ(codes(receipt), "T02");
  EXPECT_EQ(receipt.errors[0].text, "XML validerer ikke");
  EXPECT_NE(receipt.errors[0].detail.find("/MsgHead/MsgInfo/Patient/DateOfBirth"), std::string::npos);
  EXPECT_NE(receipt.errors[0].detail.find("TidsfestetHendelse/Anslag"), std::string::npos);
}

TEST(AppRec, says_that_the_message_could_not_be_read_when_only_its_sender_could) {
  const AppRec receipt = answered(fixture("log_innlagt_1.6.xml").substr(0, 1500));
  EXPECT_EQ(codes(receipt), "T01");
  EXPECT_EQ(receipt.original_id.text, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1a01");
  EXPECT_FALSE(answer(read_message("<MsgHead"), kId, kNow)) << "nobody to answer";
}

TEST(AppRec, is_never_sent_for_an_apprec) {
  EXPECT_FALSE(answer(read_message(fixture("apprec_1.1_refused.xml")), kId, kNow));
}

TEST(AppRec, is_not_sent_for_a_message_without_a_receiver) {
  std::string bytes = fixture("log_innlagt_1.6.xml");
  for (const char* id : {"8100442", "8100"}) bytes = replaced(bytes, std::string("<Id>") + id, "<Id>");
  EXPECT_FALSE(answer(read_message(bytes), kId, kNow));
}

TEST(AppRec, comes_from_the_copy_receiver_when_we_are_that_one) {
  const std::string bytes = fixture("helseopplysninger_1.6.xml");
  const AppRec copy = answered(bytes, HerId{"8200317"});
  EXPECT_TRUE(copy.from_copy_receiver);
  EXPECT_EQ(copy.sender.person, "Ask Skogsøy");
  EXPECT_NE(write_apprec(copy).find("<Role V=\"COP\" DN=\"Kopimottaker\"/>"), std::string::npos);
  EXPECT_FALSE(answered(bytes, HerId{"8100442"}).from_copy_receiver);
  EXPECT_NE(write_apprec(answered(bytes)).find("<Role V=\"PRIM\""), std::string::npos);
}

TEST(AppRec, received_tells_what_was_refused_and_why) {
  const Message message = read_message(fixture("apprec_1.1_refused.xml"));
  EXPECT_TRUE(message.acceptable());
  const auto receipt = read_apprec(message);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->status, AppRecStatus::refused);
  EXPECT_EQ(codes(*receipt), "E35");
  EXPECT_EQ(receipt->errors[0].detail, "Pasienten har byttet fastlege");
  EXPECT_EQ(receipt->original_id.text, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1b00");
  EXPECT_EQ(receipt->sender.her_id().text, "8200317");
}

TEST(AppRec, received_has_no_white_space_round_the_id_it_speaks_of) {
  const std::string id = "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1b00";
  const auto receipt = read_apprec(read_message(replaced(fixture("apprec_1.1_refused.xml"), id, "\n   " + id + " \n")));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->original_id.text, id);
}

TEST(AppRec, that_refuses_counts_though_it_breaks_the_schema_and_one_that_accepts_does_not) {
  const std::string broken = replaced(fixture("apprec_1.1_refused.xml"), "<GenDate>", "<Gen>x</Gen><GenDate>");
  const Message message = read_message(broken);
  EXPECT_FALSE(message.acceptable());
  const auto receipt = read_apprec(message);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(codes(*receipt), "E35");
  EXPECT_FALSE(read_apprec(read_message(replaced(broken, "<Status V=\"2\"", "<Status V=\"1\""))));
}

TEST(AppRec, with_a_status_outside_the_list_is_not_guessed_at) {
  const Message message =
      read_message(replaced(fixture("apprec_1.1_refused.xml"), "<Status V=\"2\"", "<Status V=\"7\""));
  EXPECT_FALSE(read_apprec(message));
}

TEST(AppRec, is_not_read_out_of_another_message) {
  EXPECT_FALSE(read_apprec(read_message(fixture("log_innlagt_1.6.xml"))));
}

TEST(AppRec, official_examples_are_read) {
  NEEDS_REFERENCE();
  const auto folder = test::kith() / "samples" / "apprec";
  const auto status = [&](const char* name) {
    return read_apprec(read_message(test::file_content(folder / name)))->status;
  };
  EXPECT_EQ(status("AppRec-v1-eksempel-ok.xml"), AppRecStatus::ok);
  EXPECT_EQ(status("AppRec-v1-eksempel-avvist.xml"), AppRecStatus::refused);
  EXPECT_EQ(status("AppRec-v1-eksempel-ok_feil_i_delmelding.xml"), AppRecStatus::ok_with_part_errors);
}

}  // namespace
}  // namespace varde::mappings
