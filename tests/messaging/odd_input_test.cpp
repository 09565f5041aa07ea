// Holds us to issue 11, "Bad input": what is odd and yet a message is taken, what is none is refused with the right
// code, and neither takes long, ends the process or puts into the record what cannot be shown again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "fhir-model/json/json.h"
#include "fhir-model/xml/xml.h"
#include "mappings/message.h"
#include "tests/messaging/support/bare.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using namespace std::chrono_literals;
using storage::InboxState;

std::string utf16(const std::string& utf8, bool big, bool mark) {
  std::string out;
  const auto put = [&](unsigned unit) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
    out += big ? high : low;
    out += big ? low : high;
  };
  if (mark) put(0xFEFF);
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80) {
      put(lead), ++i;
    } else if (lead < 0xE0) {
      put(((lead & 0x1Fu) << 6) | (static_cast<unsigned char>(utf8[i + 1]) & 0x3Fu)), i += 2;
    } else {
      put(((lead & 0xFu) << 12) | ((static_cast<unsigned char>(utf8[i + 1]) & 0x3Fu) << 6) |
          (static_cast<unsigned char>(utf8[i + 2]) & 0x3Fu)),
          i += 3;
    }
  }
  return out;
}

/// The XML declaration as `declaration`, or none.
std::string declared(std::string xml, const std::string& declaration) {
  return declaration + xml.substr(xml.find("?>") + 2);
}

struct Case {
  std::string name;
  std::function<std::string(const std::string&)> made;  ///< of a plain message
  std::string answer;                                   ///< "OK", the first code, or "none"
};
void PrintTo(const Case& which, std::ostream* out) { *out << which.name; }

const std::string kId = "0b5e1d8a-3c4f-4c7e-9a54-000000000001";

Case in_id(const std::string& name, const std::string& id, const std::string& answer) {
  return {name, [id](const std::string& xml) { return replaced(xml, kId, id); }, answer};
}
Case with(const std::string& name, const std::string& what, const std::string& other, const std::string& answer) {
  return {name, [=](const std::string& xml) { return replaced(xml, what, other); }, answer};
}

std::vector<Case> cases() {
  const auto utf16_declared = [](const std::string& xml) {
    return declared(xml, "<?xml version=\"1.0\" encoding=\"UTF-16\"?>");
  };
  std::vector<Case> all{
      {"utf16_little", [=](const auto& xml) { return utf16(utf16_declared(xml), false, true); }, "OK"},
      {"utf16_big", [=](const auto& xml) { return utf16(utf16_declared(xml), true, true); }, "OK"},
      {"utf16_undeclared", [](const auto& xml) { return utf16(declared(xml, ""), false, true); }, "OK"},
      {"utf16_without_mark", [=](const auto& xml) { return utf16(utf16_declared(xml), false, false); }, "OK"},
      {"utf16_said_to_be_utf8", [](const auto& xml) { return utf16(xml, false, true); }, "none"},
      {"utf16_cut_in_a_letter",
       [=](const auto& xml) {
         auto bytes = utf16(utf16_declared(xml), false, true);
         bytes.pop_back();
         return bytes;
       },
       "T01"},
      {"utf8_said_to_be_utf16", [=](const auto& xml) { return utf16_declared(xml); }, "T01"},
      {"unknown_encoding",
       [](const auto& xml) { return declared(xml, "<?xml version=\"1.0\" encoding=\"klingon\"?>"); }, "none"},
      {"xml_1_1", [](const auto& xml) { return declared(xml, "<?xml version=\"1.1\" encoding=\"UTF-8\"?>"); }, "OK"},
      {"blank_before_the_declaration", [](const auto& xml) { return " " + xml; }, "none"},
      {"text_behind_the_end", [](const auto& xml) { return xml + "and more"; }, "T01"},
      {"a_second_root", [](const auto& xml) { return xml + "<MsgHead/>"; }, "T01"},
      in_id("id_in_cdata", "<![CDATA[" + kId + "]]>", "OK"),
      in_id("id_around_an_instruction", kId.substr(0, 8) + "<?a b?>" + kId.substr(8), "OK"),
      in_id("id_around_a_comment", kId.substr(0, 8) + "<!-- -->" + kId.substr(8), "OK"),
      in_id("id_by_reference", "&#x30;" + kId.substr(1), "OK"),
      in_id("id_among_blanks", "\n  " + kId + "\t", "OK"),
      in_id("id_with_a_blank_inside", kId.substr(0, 8) + " " + kId.substr(8), "E10"),
      in_id("id_in_braces", "{" + kId + "}", "E10"),
      in_id("id_of_nothing", "", "E10"),
      in_id("id_of_a_megabyte", std::string(1u << 20, 'a'), "E10"),
      with("an_entity_that_nobody_declared", "<FamilyName>", "<FamilyName>&aring;", "T01"),
      with("a_reference_to_nul", "<FamilyName>", "<FamilyName>&#0;", "T01"),
      with("a_reference_to_no_character", "<FamilyName>", "<FamilyName>&#xFFFE;", "T01"),
      with("a_surrogate_alone", "<FamilyName>", "<FamilyName>&#xD800;", "T01"),
      with("a_prefix_that_nobody_declared", "<FamilyName>", "<a:b/><FamilyName>", "T01"),
      with("an_attribute_twice", "<Sex ", "<Sex V=\"1\" V=\"2\" ", "T01"),
      with("nil_where_nothing_may_be_nil", "<FamilyName>",
           "<FamilyName xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\">", "T02"),
      with("a_type_of_the_senders_own", "<FamilyName>",
           "<FamilyName xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"anything\">", "T02"),
      with("a_head_that_says_nothing_first", "<MsgInfo>", "<MsgInfo/><MsgInfo>", "none"),
      with("a_status_that_nobody_knows", "<Forsendelsesstatus V=\"N\"", "<Forsendelsesstatus V=\"K\"", "T02"),
      with("two_heads", "</MsgInfo>", "</MsgInfo><MsgInfo/>", "T02"),
  };
  return all;
}

class OddInput : public testing::TestWithParam<Case> {
 protected:
  std::string answer() {
    const auto answers = gateway.outbox("APPREC");
    if (answers.empty()) return "none";
    const auto apprec = mappings::read_apprec(mappings::read_message(answers.back().bytes));
    for (const auto& error : apprec->errors) {
      const auto english = error.detail.find(" | ");
      EXPECT_TRUE(english != std::string::npos && english > 0 && error.detail[0] != ':')
          << "a reason in Norwegian, then one in English: " << error.detail;
    }
    return apprec->errors.empty() ? "OK" : apprec->errors[0].code;
  }
  Gateway gateway;
};

TEST_P(OddInput, is_answered_as_it_must_be) {
  gateway.enrolled_patient();
  const auto xml = GetParam().made(demo::write(gateway.letter("LOG_INNLAGT", 1)));
  const auto begin = std::chrono::steady_clock::now();
  gateway.receive(xml);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  EXPECT_EQ(answer(), GetParam().answer);
  for (const char* type : {"Communication", "Encounter", "Task"})
    for (const auto& tree : gateway.all(type)) {
      expect_valid(tree.root());
      EXPECT_TRUE(fhir::parse_xml(fhir::to_xml(tree.root()))) << "what is stored can be sent as XML";
    }
}
INSTANTIATE_TEST_SUITE_P(Messages, OddInput, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

class LargeInput : public testing::Test {
 protected:
  std::chrono::duration<double> taken(const std::string& xml) {
    const auto begin = std::chrono::steady_clock::now();
    number = gateway.receive(xml).number;
    return std::chrono::steady_clock::now() - begin;
  }
  InboxState state() { return gateway.inbox(number).state; }
  std::string plain() { return demo::write(gateway.letter("HELSEOPPL_SOKNAD", 1)); }
  Gateway gateway;
  std::int64_t number = 0;
};

TEST_F(LargeInput, a_hundred_thousand_attributes_do_not_take_long) {
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += " a" + std::to_string(i) + "=\"\"";
  EXPECT_LT(taken(replaced(plain(), "<MsgInfo>", "<MsgInfo" + many + ">")), 20s);
  EXPECT_EQ(state(), InboxState::unreadable) << "nobody reads on to find whom to answer";
}

TEST_F(LargeInput, ten_thousand_namespaces_do_not_take_long) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += " xmlns:a" + std::to_string(i) + "=\"urn:a" + std::to_string(i) + "\"";
  EXPECT_LT(taken(replaced(plain(), "<MsgInfo>", "<MsgInfo" + many + ">")), 20s);
  EXPECT_EQ(state(), InboxState::processed) << "it means nothing, and is allowed";
}

TEST_F(LargeInput, a_value_longer_than_a_string_may_be_is_refused) {
  EXPECT_LT(taken(replaced(plain(), "<FamilyName>", "<FamilyName>" + std::string(10u << 20, 'a'))), 20s);
  EXPECT_EQ(state(), InboxState::refused);
  EXPECT_TRUE(gateway.all("Patient").empty());
}

TEST_F(LargeInput, markup_that_is_nested_too_deep_is_refused) {
  for (const int depth : {50, 5'000}) {
    gateway.start_over();
    gateway.enrolled_patient();
    std::string open, close;
    for (int i = 0; i < depth; ++i) open += "<div>", close += "</div>";
    EXPECT_LT(taken(replaced(discharge_letter({}), "<p>Bedre", "<p>" + open + "x" + close + "Bedre")), 20s);
    EXPECT_EQ(state(), depth > 100 ? InboxState::unreadable : InboxState::processed) << depth;
  }
}

TEST_F(LargeInput, several_attachments_with_one_id_are_all_kept) {
  const auto attached = [](const std::string& base64) {
    return "<Document><RefDoc><MsgType V=\"A\" DN=\"Vedlegg\"/><Id>1</Id><MimeType>application/pdf</MimeType><Content>"
           "<Base64Container xmlns=\"http://www.kith.no/xmlstds/base64container\">" +
           base64 + "</Base64Container></Content></RefDoc></Document>";
  };
  auto xml = plain();
  taken(xml.insert(xml.rfind("</"), attached("QQ==") + attached("Qg==") + attached("Qw==")));
  EXPECT_EQ(state(), InboxState::processed);
  std::multiset<std::string> kept;
  for (const auto& binary : gateway.all("Binary")) kept.emplace(binary.root()["data"].value());
  for (const char* each : {"QQ==", "Qg==", "Qw=="}) EXPECT_EQ(kept.count(each), 1u) << each;
}

// HISD 1154 §3: a change or cancellation is of a message of its own type.
TEST(AcrossTypes, a_cancellation_that_refers_to_a_message_of_another_type_takes_nothing_back) {
  for (const bool first : {false, true}) {
    Gateway gateway;
    gateway.enrolled_patient();
    const auto referral = gateway.letter("HELSEOPPL_SOKNAD", 1);
    auto cancellation = gateway.letter("LOG_INNLAGT", 2);
    cancellation.status = "C";
    cancellation.parent = cancellation.conversation = referral.msg_id;
    if (first) gateway.receive(cancellation);
    const auto receipt = gateway.receive(referral);
    if (!first) gateway.receive(cancellation);
    EXPECT_EQ(gateway.get("Communication", receipt.communication_id).root()["status"].value(), "completed") << first;
    EXPECT_EQ(gateway.all("ServiceRequest").at(0).root()["status"].value(), "active") << first;
  }
}

}  // namespace
}  // namespace varde::messaging::test
