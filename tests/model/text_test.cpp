/// Small things that are done to texts: RFC 4648, blanks, references of XML.
#include <gtest/gtest.h>

#include "fhir-model/text/base64.h"
#include "fhir-model/text/trim.h"
#include "fhir-model/xml/escape.h"

namespace varde::fhir {
namespace {

struct Vector {
  std::string_view bytes, base64, base64url;
};
constexpr Vector kVectors[] = {{"", "", ""},
                               {"f", "Zg==", "Zg"},
                               {"fo", "Zm8=", "Zm8"},
                               {"foo", "Zm9v", "Zm9v"},
                               {"foob", "Zm9vYg==", "Zm9vYg"},
                               {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                               {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                               {"\xFB\xEF\xFF", "++//", "--__"}};

TEST(Base64, has_the_vectors_of_its_standard_both_ways) {
  for (const auto& [bytes, base64, base64url] : kVectors) {
    EXPECT_EQ(text::to_base64(bytes), base64);
    EXPECT_EQ(text::from_base64(base64), bytes);
    EXPECT_EQ(text::to_base64url(bytes), base64url);
    EXPECT_EQ(text::from_base64url(base64url), bytes);
  }
}

TEST(Base64, may_hold_white_space_and_nothing_else_beside_its_letters) {
  EXPECT_EQ(text::from_base64(" Zm9v\r\n\tYg = =\n"), "foob");
  for (const std::string_view bad : {"Zg", "Zg=", "Zm9vYg=", "Z===", "Zg==Zg==", "=", "Zm9*", "Zm9-", "Zm9vY"})
    EXPECT_EQ(text::from_base64(bad), std::nullopt) << bad;
}

TEST(Base64Url, is_strict) {
  for (const std::string_view bad : {"Zg==", "Z", "Zm 8", "Zm9+", "Zh", "Zm9"})
    EXPECT_EQ(text::from_base64url(bad), std::nullopt) << bad;
}

TEST(Trimmed, loses_blanks_at_its_ends_only) {
  EXPECT_EQ(text::trimmed(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(text::trimmed(" \n "), "");
  EXPECT_EQ(text::trimmed("\ta\r", text::kHttpBlanks), "a\r");
}

TEST(Escaped, keeps_what_a_reader_would_change_and_replaces_what_xml_may_not_hold) {
  EXPECT_EQ(xml::escaped("<a & \"b\">\r\n\t"), "&lt;a &amp; &quot;b&quot;&gt;&#xD;&#xA;&#x9;");
  EXPECT_EQ(xml::escaped("<a & \"b\">\r\n\t", xml::Escape::text), "&lt;a &amp; \"b\"&gt;&#xD;\n\t");
  EXPECT_EQ(xml::escaped("æ\x01ø\xEF\xBF\xBF\xFFå\xC3"), "æ\uFFFDø\uFFFD\uFFFD\uFFFD\uFFFDå\uFFFD");
}

}  // namespace
}  // namespace varde::fhir
