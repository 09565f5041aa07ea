// Holds us to: what is sent to harm or by mistake is refused with a sentence, in bounded memory and time, and what only
// looks odd is kept to the letter. JSON: RFC 8259, https://hl7.org/fhir/R4/json.html. XML: XML 1.0,
// https://hl7.org/fhir/R4/xml.html. Both are UTF-8 in R4, so UTF-16 is refused, also where XML 1.0 would have it.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ctime>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/json/json.h"
#include "fhir-model/json/members.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhir {
namespace {

class BadInput : public testing::Test {
 protected:
  // Far above what a plain build needs (a twentieth), since the sanitizers and a busy machine take more.
  static constexpr double kMostSeconds = 10;
  static constexpr long kMostKilobytes = 700'000;

  ~BadInput() override {
    EXPECT_LT(static_cast<double>(std::clock() - began_) / CLOCKS_PER_SEC, kMostSeconds);
    EXPECT_LT(peak() - peak_before_, kMostKilobytes);
  }

  static long peak() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  }

  static std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
  }

  /// The fault; internal when it was taken.
  static Fault json(std::string_view text) {
    const auto tree = parse_json(text);
    if (!tree) expect_sentence(tree.error());
    return tree ? Fault::internal : tree.error().fault;
  }
  static Fault xml(std::string_view text) {
    const auto tree = parse_xml(text);
    if (!tree) expect_sentence(tree.error());
    return tree ? Fault::internal : tree.error().fault;
  }
  static void expect_sentence(const Failure& failure) {
    EXPECT_TRUE(failure.diagnostics.ends_with('.')) << failure.diagnostics;
    EXPECT_LT(failure.diagnostics.size(), 300u) << failure.diagnostics;
  }

  static std::string patient(std::string_view members) {
    return R"({"resourceType":"Patient",)" + std::string(members) + "}";
  }
  static std::string quantity(std::string_view number) {
    return R"({"resourceType":"Observation","valueQuantity":{"value":)" + std::string(number) + "}}";
  }
  static std::string patient_xml(std::string_view inside, std::string_view prolog = "") {
    return std::string(prolog) + R"(<Patient xmlns="http://hl7.org/fhir">)" + std::string(inside) + "</Patient>";
  }

 private:
  std::clock_t began_ = std::clock();
  long peak_before_ = peak();
};

// --- JSON ----------------------------------------------------------------------------------------------------------

TEST_F(BadInput, a_number_where_a_name_should_be_is_not_repeated) {
  const auto json = parse_json(R"({"resourceType":"Patient","name":[{"12854830013":"x"}],"n-12854830013":1})");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().expression, "Patient.name[0].(not repeated)");
  for (const auto& failure : json.error().also) EXPECT_EQ(failure.expression.find("12854830013"), std::string::npos);
  const auto xml = parse_xml(R"(<Patient xmlns="http://hl7.org/fhir"><n12854830013 value="1"/></Patient>)");
  ASSERT_FALSE(xml);
  EXPECT_EQ(xml.error().expression, "Patient.(not repeated)");
}

TEST_F(BadInput, json_that_opens_two_million_brackets) {
  EXPECT_EQ(json(std::string(2'000'000, '[')), Fault::too_deep);
  EXPECT_EQ(json(repeat(R"({"a":)", 2'000'000)), Fault::too_deep);
  EXPECT_EQ(json(patient(R"("extension":)" + repeat(R"([{"url":"u","extension":)", 1'000'000))), Fault::too_deep);
  EXPECT_FALSE(json::read_members(R"({"a":)" + std::string(2'000'000, '[')));
  const auto by_our_own = parse_json(std::string(2'000'000, '['), {.depth = SIZE_MAX});
  ASSERT_FALSE(by_our_own) << "no limit of the caller's lets the reader use up the stack";
  EXPECT_EQ(by_our_own.error().fault, Fault::too_deep);
}

TEST_F(BadInput, json_with_a_number_that_does_not_end) {
  for (const std::string_view digit : {"7", "0"}) {
    const std::string many = repeat(digit, 30'000'000);
    EXPECT_FALSE(parse_json(quantity(many)));
    EXPECT_FALSE(parse_json(quantity("0." + many)));
    EXPECT_FALSE(parse_json(quantity("1e" + many)));
  }
  const std::string page(4096, '7');  // the bytes behind the view are never touched: one page of them is enough
  EXPECT_EQ(json(std::string_view(page.data(), std::size_t{1} << 30)), Fault::too_large);
  EXPECT_EQ(json(quantity("0." + repeat("3", 5'000))), Fault::value_malformed);
  EXPECT_EQ(json(quantity("0." + repeat("3", 4'000))), Fault::internal);
}

TEST_F(BadInput, json_numbers_that_only_look_odd_are_kept_to_the_letter) {
  for (const std::string_view number : {"-0", "-0.0", "1.00", "1E5", "1e-7", "0.000000000000000000000000000001000",
                                        "123456789012345678901234567890.10", "1e308"}) {
    const auto tree = parse_json(quantity(number));
    ASSERT_TRUE(tree) << number;
    EXPECT_EQ(tree->root()["valueQuantity"]["value"].value(), number);
    EXPECT_EQ(to_json(tree->root()), quantity(number));
  }
}

TEST_F(BadInput, json_numbers_that_are_none) {
  for (const std::string_view number :
       {"1e999999999", "01", "+1", ".5", "1.", "1e", "0x10", "NaN", "Infinity", "-", "--1", "1_000", "1,5", "1 2", "١"})
    EXPECT_EQ(json(quantity(number)), Fault::not_well_formed) << number;
}

TEST_F(BadInput, json_that_is_almost_json) {
  for (const std::string_view text :
       {R"({"resourceType":"Patient",})", R"({"resourceType":"Patient","name":[{"family":"A"},]})",
        R"({"resourceType":"Patient"/* c */})", "// c\n{\"resourceType\":\"Patient\"}", R"({'resourceType':'Patient'})",
        R"({resourceType:"Patient"})", R"({"resourceType":"Patient"}})", R"({"resourceType":"Patient")",
        R"({"resourceType":"Patient","active":True})", R"({"resourceType":"Patient","id":"\x41"})",
        R"({"resourceType":"Patient","id":"\u00e"})", R"({"resourceType":"Patient" "id":"a"})",
        R"({"resourceType":"Patient"}{"resourceType":"Patient"})", "\x1F{}", ""})
    EXPECT_EQ(json(text), Fault::not_well_formed) << text;
  for (char control = 1; control < 0x20; ++control)
    EXPECT_EQ(json(patient(std::string(R"("id":"a)") + control + "\"")), Fault::not_well_formed) << int(control);
}

TEST_F(BadInput, json_with_a_nul) {
  const std::string nul(1, '\0');
  EXPECT_FALSE(parse_json(nul));
  EXPECT_FALSE(parse_json(patient("\"id\":\"a" + nul + "b\"")));
  EXPECT_FALSE(parse_json(patient(R"("active":true)") + nul));
  EXPECT_FALSE(parse_json(patient(R"("active":true)") + nul + R"({"resourceType":"Patient"})"));
  const auto escaped = parse_json(patient(R"("name":[{"family":"a\u0000b"}])"));
  ASSERT_TRUE(escaped) << "JSON allows it as an escape; the rules of string do not";
  EXPECT_FALSE(require_valid(escaped->root()));
  EXPECT_EQ(to_json(escaped->root()), patient(R"("name":[{"family":"a\u0000b"}])"));
}

TEST_F(BadInput, json_in_another_encoding) {
  const std::string text = patient(R"("active":true)");
  std::string utf16le, utf16be, utf32le;
  for (const char c : text) {
    utf16le.append({c, '\0'});
    utf16be.append({'\0', c});
    utf32le.append({c, '\0', '\0', '\0'});
  }
  for (const std::string& bytes : {utf16le, utf16be, utf32le, "\xFF\xFE" + utf16le, "\xFE\xFF" + utf16be})
    EXPECT_FALSE(parse_json(bytes));
  EXPECT_TRUE(parse_json("\xEF\xBB\xBF" + text)) << "RFC 8259 8.1: a byte order mark may be ignored";
}

TEST_F(BadInput, text_that_is_not_utf8) {
  for (const std::string bytes :
       {"\xC0\xAF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xC1\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xED\xA0\xBD\xED\xB8\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "\x80", "\xC3", "\xE2\x82",
        "\xF0\x9F\x98", "\xE2\x28\xA1", "\xE5"}) {
    EXPECT_EQ(json(patient(R"("name":[{"family":"a)" + bytes + R"("}])")), Fault::encoding_invalid);
    EXPECT_EQ(json(patient(R"("name)" + bytes)), Fault::encoding_invalid);
    EXPECT_EQ(json("{\"a" + bytes), Fault::encoding_invalid) << "cut off at the end";
    EXPECT_EQ(xml(patient_xml("<id value=\"a" + bytes + "\"/>")), Fault::encoding_invalid);
    EXPECT_EQ(xml("<Patient" + bytes), Fault::encoding_invalid);
  }
}

TEST_F(BadInput, json_with_half_a_surrogate_pair) {
  for (const std::string_view half :
       {R"(\ud800)", R"(\uDFFF)", R"(\ud800\ud800)", R"(\ud83d\u0041)", R"(\ude00\ud83d)"})
    EXPECT_NE(json(patient(R"("name":[{"family":")" + std::string(half) + R"("}])")), Fault::internal) << half;
  EXPECT_EQ(json(patient(R"("name":[{"family":"\ud83d\ude00\u00e5"}])")), Fault::internal);
}

TEST_F(BadInput, json_with_a_member_twice) {
  EXPECT_EQ(json(patient(R"("id":"a","id":"b")")), Fault::duplicate_key);
  EXPECT_EQ(json(patient(R"("id":"a","\u0069d":"b")")), Fault::duplicate_key) << "written as an escape";
  EXPECT_EQ(json(patient(R"("_id":{"id":"a"},"_id":{"id":"b"})")), Fault::duplicate_key);
  EXPECT_EQ(json(patient(R"("name":[{"family":"A","family":"B"}])")), Fault::duplicate_key);
}

TEST_F(BadInput, json_with_more_elements_than_any_resource_has) {
  const std::string many = patient(R"("name":[)" + repeat(R"({"id":"a"},)", 2'500'000) + R"({"id":"a"}])");
  EXPECT_EQ(json(many), Fault::too_large);
  EXPECT_EQ(json(patient(R"("name":[{"given":[)" + repeat("null,", 4'500'000) + R"("A"]}])")), Fault::too_large);
}

TEST_F(BadInput, a_string_of_thirty_megabytes_is_read_at_once) {
  const std::string text = patient(R"("photo":[{"data":")" + repeat("QUJD", 7'500'000) + R"("}])");
  const auto tree = parse_json(text);
  ASSERT_TRUE(tree);
  EXPECT_EQ(to_json(tree->root()), text);
  EXPECT_EQ(json(patient(R"("id":")" + repeat("\\u0041", 5'000'000) + "\"")), Fault::internal);
}

TEST_F(BadInput, a_thousand_unknown_members_give_a_short_answer) {
  std::string text = R"({"resourceType":"Patient")";
  for (int i = 0; i < 100'000; ++i) text += ",\"x" + std::to_string(i) + "\":1";
  const auto tree = parse_json(text + "}");
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().also.size(), 19u);
}

// --- XML -----------------------------------------------------------------------------------------------------------

TEST_F(BadInput, xml_with_a_document_type) {
  std::string laughs = "<!DOCTYPE Patient [<!ENTITY a0 \"ha\">";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "&a" + std::to_string(i - 1) + ";";
    laughs += "<!ENTITY a" + std::to_string(i) + " \"" + repeat(before, 10) + "\">";
  }
  laughs += "]>";
  for (const std::string& prolog :
       {laughs, std::string("<!DOCTYPE Patient>"),
        std::string("<!DOCTYPE Patient SYSTEM \"http://127.0.0.1:1/x.dtd\">"),
        std::string("<!DOCTYPE Patient [<!ENTITY a0 SYSTEM \"file:///etc/hostname\">]>"),
        std::string("<!DOCTYPE Patient [<!ENTITY % a0 SYSTEM \"file:///etc/hostname\"> %a0;]>"),
        "<!DOCTYPE Patient [<!ENTITY a0 \"" + repeat("x", 1'000'000) + "\">]>",
        std::string("<?xml version=\"1.0\"?><!-- c --><!DOCTYPE Patient [<!ATTLIST Patient id CDATA \"x\">]>")}) {
    const auto tree = parse_xml(patient_xml("<id value=\"&a0;\"/>", prolog));
    ASSERT_FALSE(tree) << prolog.substr(0, 60);
    EXPECT_NE(tree.error().diagnostics.find("document type declaration"), std::string::npos)
        << tree.error().diagnostics;
  }
  EXPECT_EQ(xml(patient_xml("<id value=\"&lol;\"/>")), Fault::not_well_formed) << "an entity nobody declared";
}

TEST_F(BadInput, xml_that_nests_two_million_elements) {
  const std::string extension = R"(<extension url="u">)";
  EXPECT_EQ(xml(R"(<Patient xmlns="http://hl7.org/fhir">)" + repeat(extension, 1'000'000)), Fault::too_deep);
  EXPECT_EQ(xml(R"(<Patient xmlns="http://hl7.org/fhir">)" + repeat("<x>", 2'000'000)), Fault::too_deep);
  EXPECT_NE(xml(repeat("<a>", 2'000'000)), Fault::internal);
  EXPECT_EQ(xml(R"(<Patient xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml">)" +
                repeat("<p>", 2'000'000)),
            Fault::too_deep);
}

TEST_F(BadInput, xhtml_that_nests_deeply_inside_json) {
  const std::string div = R"(<div xmlns=\"http://www.w3.org/1999/xhtml\">)" + repeat("<p>", 1'000'000) + "</div>";
  const auto tree = parse_json(patient(R"("text":{"status":"generated","div":")" + div + "\"}"));
  ASSERT_TRUE(tree);
  EXPECT_FALSE(require_valid(tree->root()));
  EXPECT_TRUE(parse_xml(to_xml(tree->root()))) << "written as text, not as elements";
}

TEST_F(BadInput, xml_with_a_hundred_thousand_attributes) {
  std::string attributes, namespaces;
  for (int i = 0; i < 100'000; ++i) {
    attributes += " a" + std::to_string(i) + "=\"\"";
    namespaces += " xmlns:n" + std::to_string(i) + "=\"urn:n" + std::to_string(i) + "\"";
  }
  const auto tree = parse_xml(patient_xml("<id value=\"a\"" + attributes + "/>"));
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().fault, Fault::element_unknown);
  EXPECT_LE(tree.error().also.size(), 19u);
  for (int i = 0; i < 3; ++i) static_cast<void>(parse_xml(patient_xml("<id value=\"a\"" + namespaces + "/>")));
}

TEST_F(BadInput, xml_with_half_a_million_names_does_not_slow_down_those_who_come_after) {
  std::string narrative = R"(<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">)";
  for (int i = 0; i < 500'000; ++i) narrative += "<a" + std::to_string(i) + "/>";
  static_cast<void>(parse_xml(patient_xml(narrative + "</div></text>")));
  const std::string next = patient_xml("<active value='true'/>");
  const std::clock_t began = std::clock();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(parse_xml(next));
  EXPECT_LT(std::clock() - began, CLOCKS_PER_SEC / 10);
}

TEST_F(BadInput, xml_with_more_elements_than_any_resource_has) {
  EXPECT_EQ(xml(patient_xml(repeat("<name id='a'/>", 2'100'000))), Fault::too_large);
}

TEST_F(BadInput, xml_in_another_encoding) {
  const std::string declared = R"(<?xml version="1.0" encoding="UTF-16"?>)" + patient_xml("<active value='true'/>");
  std::string utf16le, utf16be;
  for (const char c : declared) {
    utf16le.append({c, '\0'});
    utf16be.append({'\0', c});
  }
  for (const std::string& bytes : {"\xFF\xFE" + utf16le, "\xFE\xFF" + utf16be, utf16le, utf16be, declared})
    EXPECT_NE(xml(bytes), Fault::internal);
  for (const std::string_view name : {"ISO-8859-1", "EBCDIC-CP-US", "UTF-32", "utf-7", "x-nothing"})
    EXPECT_EQ(xml("<?xml version='1.0' encoding='" + std::string(name) + "'?>" + patient_xml("")),
              Fault::encoding_invalid)
        << name;
  EXPECT_EQ(xml("\xEF\xBB\xBF" + patient_xml("<active value='true'/>")), Fault::internal);
}

TEST_F(BadInput, xml_with_characters_that_xml_does_not_have) {
  for (const std::string_view text : {"&#0;", "&#1;", "&#x1F;", "&#xD800;", "&#xDFFF;", "&#xFFFE;", "&#x110000;",
                                      "&#99999999999999;", "\x01", "\x0B", "\xEF\xBF\xBE"})
    EXPECT_EQ(xml(patient_xml("<id value=\"" + std::string(text) + "\"/>")), Fault::not_well_formed) << text;
  EXPECT_NE(xml(patient_xml(std::string("<id value=\"a\0\"/>", 17))), Fault::internal);
  EXPECT_NE(xml(patient_xml("") + std::string(1, '\0')), Fault::internal);
}

TEST_F(BadInput, xml_that_is_almost_xml) {
  for (const std::string_view text :
       {"", " ", "<", "<Patient", "<Patient xmlns='http://hl7.org/fhir'>", "<Patient xmlns='http://hl7.org/fhir'/>x",
        "<Patient xmlns='http://hl7.org/fhir'/><Patient xmlns='http://hl7.org/fhir'/>",
        "<Patient xmlns='http://hl7.org/fhir'><id value='a' value='b'/></Patient>",
        "<Patient xmlns='http://hl7.org/fhir'><id value=a/></Patient>",
        "<Patient xmlns='http://hl7.org/fhir'><id value='<'/></Patient>",
        "<Patient xmlns='http://hl7.org/fhir'><p:id value='a'/></Patient>",
        "<Patient xmlns='http://hl7.org/fhir'><!-- -- --></Patient>",
        "<Patient xmlns='http://hl7.org/fhir'><![CDATA[</Patient>", "{\"resourceType\":\"Patient\"}"})
    EXPECT_EQ(xml(text), Fault::not_well_formed) << text;
}

// --- both ----------------------------------------------------------------------------------------------------------

TEST_F(BadInput, contained_resources_that_point_to_each_other_in_a_circle) {
  const auto tree = parse_json(R"({"resourceType":"Observation",
    "contained":[{"resourceType":"Observation","id":"a","status":"final","code":{"text":"x"},"hasMember":[{"reference":"#b"}]},
                 {"resourceType":"Observation","id":"b","status":"final","code":{"text":"x"},"hasMember":[{"reference":"#a"}]}],
    "status":"final","code":{"text":"x"},"hasMember":[{"reference":"#a"},{"reference":"#"}]})");
  ASSERT_TRUE(tree);
  validate(tree->root());
  const auto around = fhirpath::compile("Observation.hasMember.repeat(resolve().hasMember).count()");
  ASSERT_TRUE(around);
  EXPECT_TRUE(fhirpath::evaluate(*around, tree->root())) << "each place is visited once";
  const auto back = parse_xml(to_xml(tree->root()));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(back->root()), to_json(tree->root()));
}

TEST_F(BadInput, two_contained_resources_with_one_id) {
  const auto tree = parse_json(R"({"resourceType":"Observation","status":"final","code":{"text":"x"},
    "contained":[{"resourceType":"Patient","id":"a"},{"resourceType":"Patient","id":"a"}],"subject":{"reference":"#a"}})");
  ASSERT_TRUE(tree);
  EXPECT_FALSE(require_valid(tree->root())) << "nobody could say whom #a means";
}

}  // namespace
}  // namespace varde::fhir
