// Holds us to https://hl7.org/fhir/R4/xml.html
#include "fhir-model/xml/xml.h"
#include "fhir-model/validation/xhtml.h"

#include <gtest/gtest.h>

#include <thread>

namespace varde::fhir {
namespace {

std::string patient(std::string_view inside) {
  return "<Patient xmlns=\"http://hl7.org/fhir\">" + std::string(inside) + "</Patient>";
}
std::string json_of(std::string_view xml) {
  const auto tree = parse_xml(xml);
  return tree ? to_json(tree->root()) : "refused: " + tree.error().diagnostics;
}
Failure refusal(std::string_view xml) {
  const auto tree = parse_xml(xml);
  if (tree) ADD_FAILURE() << "accepted: " << xml.substr(0, 200);
  return tree ? Failure{} : tree.error();
}
std::string xml_of(std::string_view json) {
  const auto tree = parse_json(json);
  return tree ? to_xml(tree->root()) : "refused: " + tree.error().diagnostics;
}

TEST(Xml, reads_values_ids_urls_and_extensions_of_primitives) {
  EXPECT_EQ(
      json_of(
          "<?xml version='1.0' encoding='utf-8'?><!-- c -->" +
          patient(
              R"(<id value="p"/><extension url="http://a"><valueDecimal value="1.00"/></extension><active value="true"/>
                       <name id="n"><given value="Åse"/><given><extension url="http://b"><valueCode value="x"/></extension></given></name>)")),
      R"({"resourceType":"Patient","id":"p","extension":[{"url":"http://a","valueDecimal":1.00}],"active":true,)"
      R"("name":[{"id":"n","given":["Åse",null],"_given":[null,{"extension":[{"url":"http://b","valueCode":"x"}]}]}]})");
}

TEST(Xml, reads_resources_inside_contained_and_bundle_entries) {
  EXPECT_EQ(
      json_of(R"(<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/><entry><resource><Patient><contained>
      <Organization><id value="o"/></Organization></contained></Patient></resource></entry></Bundle>)"),
      R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}]}}]})");
}

TEST(Xml, keeps_the_source_text_of_a_narrative) {
  const std::string div =
      R"(<div xmlns="http://www.w3.org/1999/xhtml" lang='no'><!-- c --><p title="a &amp; b">Blå &lt; 1<br/>2</p></div>)";
  const auto tree = parse_xml(patient("<text><status value=\"generated\"/>" + div + "</text>"));
  ASSERT_TRUE(tree) << tree.error().diagnostics;
  EXPECT_EQ(tree->root()["text"]["div"].value(), div);
  EXPECT_NE(to_xml(tree->root()).find(div), std::string::npos);
}

TEST(Xml, writes_a_narrative_anew_when_its_namespace_is_declared_elsewhere) {
  EXPECT_EQ(
      json_of(
          R"(<Patient xmlns="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><text><status value="generated"/><h:div><h:p class="a">x &lt; y</h:p><h:br/></h:div></text></Patient>)"),
      R"({"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\">x &lt; y</p><br/></div>"}})");
}

TEST(Xml, keeps_line_breaks_and_tabs_of_values) {
  const std::string json = R"({"resourceType":"Patient","name":[{"text":"a\nb\tc\rd \"e\" <f> & 'g'"}]})";
  const std::string xml = xml_of(json);
  EXPECT_EQ(json_of(xml), json) << xml;
}

TEST(Xml, writes_elements_in_the_order_of_their_definition) {
  EXPECT_EQ(
      xml_of(R"({"resourceType":"Patient","birthDate":"1950-01-01","name":[{"given":["A"],"family":"B"}],"id":"p"})"),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      R"(<Patient xmlns="http://hl7.org/fhir"><id value="p"/><name><family value="B"/><given value="A"/></name><birthDate value="1950-01-01"/></Patient>)");
}

TEST(Xml, shows_a_narrative_that_is_no_xml_as_text) {
  const std::string xml =
      xml_of(R"({"resourceType":"Patient","text":{"status":"generated","div":"<div>&nbsp;</p><Patient>"}})");
  EXPECT_TRUE(parse_xml(xml)) << xml;
}

TEST(Xml, reports_every_unknown_element_with_its_place) {
  const Failure failure =
      refusal(patient("\n<nmae value=\"x\"/><name><fmaily value=\"x\"/><family valeu=\"x\"/></name>"));
  EXPECT_EQ(failure.fault, Fault::element_unknown);
  EXPECT_EQ(failure.expression, "Patient.nmae");
  EXPECT_NE(failure.diagnostics.find("line 2"), std::string::npos) << failure.diagnostics;
  ASSERT_EQ(failure.also.size(), 2u);
  EXPECT_EQ(failure.also[0].expression, "Patient.name[0].fmaily");
  EXPECT_EQ(failure.also[1].expression, "Patient.name[0].family.valeu");
}

TEST(Xml, refuses_what_stands_in_the_wrong_place_or_order) {
  EXPECT_EQ(refusal(patient("<birthDate value=\"1950\"/><active value=\"true\"/>")).fault, Fault::schema_invalid);
  EXPECT_EQ(refusal(patient("<name>Hemmelig</name>")).fault, Fault::value_malformed);
  EXPECT_EQ(refusal(patient("<name value=\"x\"/>")).fault, Fault::element_unknown);
  EXPECT_EQ(refusal(patient("<x:active xmlns:x=\"urn:x\" value=\"true\"/>")).fault, Fault::element_unknown);
  EXPECT_EQ(refusal(patient("<contained/>")).fault, Fault::required_missing);
  EXPECT_EQ(refusal(patient("<contained><Patient/><Patient/></contained>")).fault, Fault::element_unknown);
  EXPECT_EQ(refusal(patient("<text><status value=\"generated\"/><div>x</div></text>")).fault, Fault::element_unknown);
  EXPECT_EQ(refusal("<Patient/>").fault, Fault::value_malformed);
  EXPECT_EQ(refusal("<Pasient xmlns=\"http://hl7.org/fhir\"/>").fault, Fault::value_malformed);
}

TEST(Xml, refuses_document_types_and_whatever_they_would_fetch_or_expand) {
  for (const auto declaration : {"<!DOCTYPE Patient>", "<!DOCTYPE Patient SYSTEM \"file:///etc/passwd\">",
                                 "<!DOCTYPE Patient [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
                                 "<!DOCTYPE Patient [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>"}) {
    const Failure failure = refusal(declaration + patient("<id value=\"&b;\"/>"));
    EXPECT_EQ(failure.fault, Fault::not_well_formed);
    EXPECT_NE(failure.diagnostics.find("document type"), std::string::npos) << failure.diagnostics;
  }
  EXPECT_EQ(refusal(patient("<id value=\"&x;\"/>")).fault, Fault::not_well_formed);
}

TEST(Xml, refuses_what_is_not_xml_in_utf8) {
  for (const auto bad :
       {"", " ", "x", "<Patient", "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"x\">", "{}", "<a/><b/>"})
    EXPECT_EQ(refusal(bad).fault == Fault::not_well_formed || refusal(bad).fault == Fault::value_malformed, true)
        << bad;
  EXPECT_EQ(refusal("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + patient("<id value=\"\xE5\"/>")).fault,
            Fault::encoding_invalid);
  EXPECT_EQ(refusal(patient("<id value=\"\xE5\"/>")).fault, Fault::encoding_invalid);
  EXPECT_EQ(refusal(patient(std::string_view("<id value=\"a\0b\"/>", 17))).fault, Fault::not_well_formed);
  EXPECT_TRUE(parse_xml("\xEF\xBB\xBF" + patient("<id value=\"x\"/>")));
}

TEST(Xml, refuses_a_byte_order_mark_that_contradicts_the_declaration) {
  const auto text = std::string("\xEF\xBB\xBF") +
                    R"(<?xml version="1.0" encoding="ISO-8859-1"?><Patient xmlns="http://hl7.org/fhir"/>)";
  const auto parsed = parse_xml(text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().fault, Fault::encoding_invalid);
}

TEST(Xml, a_narrative_may_declare_namespaces_that_nothing_uses) {
  for (const char* declaration : {R"(xmlns:x="urn:x")", R"(xmlns:fhir="http://hl7.org/fhir")"}) {
    const auto text = std::string(R"(<div xmlns="http://www.w3.org/1999/xhtml" )") + declaration + "><p>hei</p></div>";
    EXPECT_EQ(narrative_problem(text), "") << text;
    EXPECT_TRUE(is_well_formed_xhtml(text)) << text;
  }
  EXPECT_FALSE(is_well_formed_xhtml(R"(<div xmlns="http://www.w3.org/1999/xhtml" xmlns:x=""><p>hei</p></div>)"));
  EXPECT_FALSE(is_well_formed_xhtml(R"(<div xmlns="http://www.w3.org/1999/xhtml"><p x:a="b">hei</p></div>)"));
}

TEST(Xml, stays_within_its_limits) {
  std::string deep = "<Patient xmlns=\"http://hl7.org/fhir\">";
  for (int i = 0; i < 100'000; ++i) deep += "<extension url=\"u\">";
  EXPECT_EQ(refusal(deep).fault, Fault::too_deep);
  std::string wide = "<text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">";
  for (int i = 0; i < 200; ++i) wide += "<b>";
  EXPECT_EQ(refusal(patient(wide)).fault, Fault::too_deep);
  const std::string two = patient("<name><family value=\"a\"/></name>");
  EXPECT_EQ(parse_xml(two, {.bytes = 10}).error().fault, Fault::too_large);
  EXPECT_EQ(parse_xml(two, {.elements = 2}).error().fault, Fault::too_large);
}

TEST(Xml, reads_from_several_threads_at_once) {
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) good += bool(parse_xml(patient("<id value=\"x\"/>"))) + !parse_xml("<x");
    });
  threads.clear();
  EXPECT_EQ(good, 4 * 300 * 2);
}

}  // namespace
}  // namespace varde::fhir
