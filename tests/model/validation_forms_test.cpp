// The forms of primitive values and of narratives: https://hl7.org/fhir/R4/datatypes.html,
// https://hl7.org/fhir/R4/narrative.html
#include <gtest/gtest.h>

#include "fhir-model/validation/primitive.h"

namespace varde::fhir {
namespace {

struct FormCase {
  const char* type;
  std::vector<const char*> good, bad;
};
class PrimitiveForm : public testing::TestWithParam<FormCase> {};

TEST_P(PrimitiveForm, tells_good_values_from_bad_ones) {
  const TypeId type = find_type(GetParam().type);
  for (const auto text : GetParam().good) EXPECT_TRUE(is_well_formed(type, text)) << GetParam().type << " " << text;
  for (const auto text : GetParam().bad) EXPECT_FALSE(is_well_formed(type, text)) << GetParam().type << " " << text;
}

INSTANTIATE_TEST_SUITE_P(
    R4, PrimitiveForm,
    testing::Values(
        FormCase{"date",
                 {"2024", "2024-02", "2024-02-29", "0001-01-01"},
                 {"", "24", "2023-02-29", "2024-13", "2024-00", "2024-1-1", "2024-02-30", "2024-01-01T00:00:00Z",
                  "0000", "2024-", "20240101", " 2024"}},
        FormCase{"dateTime",
                 {"2024", "2024-02-29", "2024-02-29T23:59:60Z", "2024-02-29T00:00:00.123456789+14:00",
                  "2024-02-29T10:00:00-00:00"},
                 {"2024-02-29T10:00Z", "2024-02-29T10:00:00", "2024-02-29T24:00:00Z", "2024-02-29T10:60:00Z",
                  "2024-02-29T10:00:00+14:30", "2024-02-29T10:00:00+1:00", "2024-02T10:00:00Z", "2024-02-29t10:00:00Z",
                  "2024-02-29T10:00:00.Z", "2024-02-29T10:00:00ZZ"}},
        FormCase{"instant",
                 {"2024-02-29T10:00:00Z", "2024-02-29T10:00:00.1+01:00"},
                 {"2024", "2024-02-29", "2024-02-29T10:00:00", "2024-02-29T10:00Z"}},
        FormCase{"time", {"00:00:00", "23:59:59.999"}, {"24:00:00", "10:00", "10:00:00Z", "1:00:00"}},
        FormCase{"decimal",
                 {"0", "-0.0", "1.00", "1e10", "1.5E-3", "12345678901234567890.123"},
                 {"", "01", ".5", "1.", "+1", "1e", "NaN", "1,5", "-"}},
        FormCase{"integer",
                 {"0", "-1", "2147483647", "-2147483648"},
                 {"2147483648", "-2147483649", "01", "1.0", "-0", "1e3", "+-5", ""}},
        FormCase{"positiveInt", {"1", "2147483647"}, {"0", "-1", "2147483648"}},
        FormCase{"unsignedInt", {"0", "1"}, {"-1"}}, FormCase{"boolean", {"true", "false"}, {"True", "1", ""}},
        FormCase{"id",
                 {"a", "A-1.b", "0123456789012345678901234567890123456789012345678901234567890123"},
                 {"", "a_b", "a b", "å", "01234567890123456789012345678901234567890123456789012345678901234"}},
        FormCase{"oid",
                 {"urn:oid:2.16.578.1.12.4.1.1.8221", "urn:oid:0.0"},
                 {"2.16.578", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.02", "urn:oid:1.2."}},
        FormCase{"uuid",
                 {"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
                 {"c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:c757873dec9a4326a141556f43239520",
                  "urn:uuid:C757873D-ec9a-4326-a141-556f43239520"}},
        FormCase{"uri", {"http://a.no/x?y#z", "urn:uuid:1", "#x", "a", "http://å.no"}, {"", "a b", "a\tb", "a\n"}},
        FormCase{"code", {"a", "a b", "æ"}, {"", " a", "a ", "a  b", "a\n"}},
        FormCase{"string", {"a", " a ", "linje\nskift\t\r", "æøå"}, {"", "a\x01", "a\x1f"}},
        FormCase{"base64Binary",
                 {"QQ==", "QUI=", "QUJD", "QUJD\nQUJD", "QU JD"},
                 {"", "QQ", "QQ=", "Q===", "QQ==QQ==", "=QQQ", "Q-_Q", "%%%2"}}),
    [](const auto& row) { return row.param.type; });

TEST(PrimitiveForm, limits_a_string_to_a_megabyte_of_characters) {
  std::string text;
  for (int i = 0; i < 1024 * 1024; ++i) text += "å";
  EXPECT_TRUE(is_well_formed(find_type("string"), text));
  EXPECT_FALSE(is_well_formed(find_type("string"), text + "a"));
}

bool narrative(std::string_view inside) {
  return is_well_formed(find_type("xhtml"),
                        "<div xmlns=\"http://www.w3.org/1999/xhtml\">" + std::string(inside) + "</div>");
}

TEST(Narrative, allows_formatting_lists_tables_links_and_images) {
  for (const auto good : {"x", "<p class='a' style='color: red'>x<br/>y</p>",
                          "<table border=\"1\"><tr><td colspan='2'>&#160;</td></tr></table>",
                          "<a href=\"http://a.no/?a=1&amp;b=2\">x</a>", "<img src=\"#pic\" alt=\"\"/>",
                          "<!-- c --><b>x</b>", "<ul><li>æ</li></ul>", "&lt;script&gt;"})
    EXPECT_TRUE(narrative(good)) << good;
}

TEST(Narrative, holds_no_character_that_xml_cannot_hold) {
  EXPECT_TRUE(narrative("<p>\uFFFD</p>"));
  EXPECT_FALSE(narrative("<p>\uFFFE</p>"));
  EXPECT_FALSE(narrative("<p>\uFFFF</p>"));
}

TEST(Narrative, refuses_what_could_run_fetch_or_break_out) {
  for (const auto bad : {"",
                         "  ",
                         "<!-- only -->",
                         "<script>x</script>",
                         "<p onclick='x'>x</p>",
                         "<P>x</P>",
                         "<iframe src='x'/>",
                         "<form>x</form>",
                         "<a href='javascript:x'>x</a>",
                         "<a href=' JavaScript:x'>x</a>",
                         "<a href='java&#115;cript:x'>x</a>",
                         "<a href='data:text/html,x'>x</a>",
                         "<p style='width: expression(x)'>x</p>",
                         "<link href='x'/>x",
                         "<object data='x'>x</object>",
                         "<p>x",
                         "x</p>",
                         "<p><b>x</p></b>",
                         "&nbsp;",
                         "& x",
                         "<p a>x</p>",
                         "<p class=x>x</p>",
                         "<p class='x' class='y'>x</p>",
                         "<![CDATA[x",
                         "<!DOCTYPE x>x",
                         "<?x?>x",
                         "<p",
                         "<svg>x</svg>",
                         "<p xmlns='http://www.w3.org/2000/svg'>x</p>",
                         "<p id='<'>x</p>",
                         "x\x01"})
    EXPECT_FALSE(narrative(bad)) << bad;
  const TypeId xhtml = find_type("xhtml");
  for (const auto bad : {"", "x", "<div>x</div>", "<p xmlns=\"http://www.w3.org/1999/xhtml\">x</p>",
                         "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div><div>y</div>",
                         "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>y",
                         "<?xml version='1.0'?><div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"})
    EXPECT_FALSE(is_well_formed(xhtml, bad)) << bad;
  EXPECT_FALSE(narrative([] {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "<b>";
    return deep;
  }()));
}

}  // namespace
}  // namespace varde::fhir
