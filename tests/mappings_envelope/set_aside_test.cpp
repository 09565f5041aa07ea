// Holds us to: a large attachment does not go through the parser, and nobody can tell, but by what it costs.
#include "mappings/reader/set_aside.h"

#include <gtest/gtest.h>

#include <string>

#include "mappings/message.h"
#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings {
namespace {

using test::fixture;

const std::string kOpen = "<Base64Container xmlns=\"http://www.kith.no/xmlstds/base64container\">";
const std::string kClose = "</Base64Container>";
const std::string kLarge(SetAside::kLeast, 'Q');

/// The fixture with one more document behind the others, and something wrong at its very end where `wrong` says so.
std::string with_document(const std::string& content, const std::string& behind = "") {
  auto xml = fixture("log_innlagt_1.6.xml");
  return xml.insert(xml.rfind("</"),
                    "<Document><RefDoc><MsgType V=\"A\" DN=\"Vedlegg\"/>"
                    "<MimeType>application/pdf</MimeType><Content>" +
                        content + "</Content></RefDoc></Document>" + behind);
}
std::string kept(const Message& message) {
  const auto documents = message.document.all("Document/RefDoc/Content/Base64Container");
  return documents.empty() ? "" : std::string(documents.back()->base64());
}

TEST(SetAside, takes_the_base64_that_the_schema_takes) {
  for (const char* good : {"QQ==", "QUI=", "QUJD", " Q Q = = ", "QUJD\r\nQUJD\r\n", "+/+/"})
    EXPECT_TRUE(is_schema_base64(good)) << good;
  // Groups that are not whole, padding in the middle or too long, bits that stand for nothing, other letters, nothing.
  for (const char* bad : {"Q", "QQ", "QQ=", "Q===", "QQ==QUJD", "QR==", "QUJ=", "QUJD-_==", "QU&amp;JD", "", " "})
    EXPECT_FALSE(is_schema_base64(bad)) << bad;
}

TEST(SetAside, an_attachment_is_looked_at_where_it_lies) {
  const auto xml = with_document(kOpen + kLarge + kClose);
  const auto message = read_message(xml);
  EXPECT_TRUE(message.acceptable());
  EXPECT_TRUE(message.looks_at_bytes);
  const auto* container = message.document.all("Document/RefDoc/Content/Base64Container").back();
  EXPECT_TRUE(container->text.empty());
  EXPECT_EQ(container->aside.data(), xml.data() + xml.find(kLarge));
  EXPECT_EQ(kept(message), kLarge);
}

TEST(SetAside, several_are_told_apart) {
  auto other = kLarge;
  other[0] = 'R';
  const auto xml = with_document(kOpen + kLarge + kClose,
                                 "<Document><RefDoc><MsgType V=\"A\" DN=\"Vedlegg\"/>"
                                 "<MimeType>image/png</MimeType><Content>" +
                                     kOpen + other + kClose + "</Content></RefDoc></Document>");
  const auto message = read_message(xml);
  ASSERT_TRUE(message.acceptable());
  const auto all = message.document.all("Document/RefDoc/Content/Base64Container");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]->base64(), kLarge);
  EXPECT_EQ(all[1]->base64(), other);
}

TEST(SetAside, what_stands_elsewhere_or_in_pieces_is_parsed_as_ever) {
  const auto whole = [](const std::string& xml) { return read_message(xml); };
  // A comment in the middle, CDATA, white space around: the same text.
  for (const auto& content :
       {kLarge + "<!-- -->" + kLarge, "<![CDATA[" + kLarge + "]]>", "<!-- > " + kLarge + " -->QUJD"}) {
    const auto message = whole(with_document(kOpen + content + kClose));
    EXPECT_TRUE(message.acceptable()) << content.substr(0, 20);
    EXPECT_FALSE(message.looks_at_bytes);
    EXPECT_EQ(kept(message), content.starts_with("<!-- >") ? "QUJD"
                             : content.starts_with("<!")   ? kLarge
                                                           : kLarge + kLarge);
  }
  // A text of a message that happens to be base64.
  auto xml = fixture("log_innlagt_1.6.xml");
  const auto at = xml.find("Ålgård-Næss</");
  ASSERT_NE(at, xml.npos);
  xml.replace(at, xml.find('<', at) - at, kLarge);
  EXPECT_EQ(whole(xml).document.at("MsgInfo/Patient/FamilyName"), kLarge);
  // The token itself, sent by somebody who knows it.
  const auto message =
      whole(with_document(kOpen + "VardeSetsThisBase64Aside0000" + kClose + "<!-- -->", "<!-- >" + kLarge + "< -->"));
  EXPECT_EQ(kept(message), "VardeSetsThisBase64Aside0000");
}

TEST(SetAside, base64_that_is_none_is_refused_as_before) {
  for (const auto* tail : {"Q", "QQ=", "QR==", "====", "QUJD-_=="})
    EXPECT_FALSE(read_message(with_document(kOpen + kLarge + tail + kClose)).schema_valid) << tail;
  EXPECT_TRUE(read_message(with_document(kOpen + kLarge + "QQ==" + kClose)).schema_valid);
}

TEST(SetAside, a_fault_behind_it_is_told_by_its_true_line) {
  std::string lines;
  for (int i = 0; i < 2'000; ++i) lines += std::string(76, 'Q') + (i % 2 == 0 ? "\r\n" : "\n");
  const auto xml = with_document(kOpen + lines + kClose, "\n<Document/>");
  const auto message = read_message(xml);
  ASSERT_FALSE(message.failures.empty());
  const auto line =
      1 + std::count(xml.begin(), xml.begin() + static_cast<std::ptrdiff_t>(xml.find("<Document/>")), '\n');
  EXPECT_EQ(message.failures[0].place.line, line) << message.failures[0].diagnostics;
  const auto broken = xml.substr(0, xml.rfind("</MsgHead")) + "</Wrong>";
  const auto unread = read_message(broken);
  EXPECT_FALSE(unread.well_formed);
  ASSERT_FALSE(unread.failures.empty());
  EXPECT_EQ(unread.failures[0].place.line, line) << unread.failures[0].diagnostics;
}

}  // namespace
}  // namespace varde::mappings
