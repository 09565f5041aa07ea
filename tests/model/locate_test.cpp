// Holds us to: errors carry the line and the column of the element that they are about.
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhir {

void PrintTo(const Place& place, std::ostream* out) { *out << place.line << ":" << place.column; }

namespace {

using At = std::optional<Place>;

constexpr std::string_view kJson = R"({
  "resourceType": "Bundle",
  "type": "collection",
  "entry": [
    {"resource": {"resourceType": "Patient", "active": true}},
    {"resource": {
      "component": [{"valueQuantity": {"code": "a"}}, {
        "valueQuantity": {"value": 1.00,
          "code": "b\n\"}]"}}],
      "note": [{"text": "Å"}, {"text": "Ærlig", "id": "x"}],
      "_status": {"id": "s"},
      "status": "final",
      "resourceType": "Observation",
      "contained": [{"resourceType": "Patient", "name": [{"given": ["A", null, "C"],
        "_given": [null, {"extension": [{"url": "u", "valueCode": "x"}]}]}]}]
    }}
  ]
})";

TEST(LocateJson, finds_a_member_at_its_name_and_an_item_where_it_begins) {
  EXPECT_EQ(locate_json(kJson, "Bundle"), (Place{1, 1}));
  EXPECT_EQ(locate_json(kJson, "Bundle.type"), (Place{3, 3}));
  EXPECT_EQ(locate_json(kJson, "Bundle.entry"), (Place{4, 3}));
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1]"), (Place{6, 5}));
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[0].resource.active"), (Place{5, 46}));
}

TEST(LocateJson, finds_the_right_one_of_several_through_escapes_and_nesting) {
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1].resource.component[1].valueQuantity.code"), (Place{9, 11}));
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1].resource.component[0].valueQuantity.code"), (Place{7, 40}));
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1].resource.status"), (Place{11, 7}));
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1].resource.contained[0].name[0].given[2]"), (Place{14, 80}));
}

TEST(LocateJson, finds_what_hangs_on_a_primitive) {
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1].resource.status.id"), (Place{11, 19}));
  const std::string given = "Bundle.entry[1].resource.contained[0].name[0].given";
  EXPECT_EQ(locate_json(kJson, given + "[1].extension[0].valueCode"), (Place{15, 54}));
  EXPECT_EQ(locate_json(R"({"resourceType":"Patient","_birthDate":{"id":"b"}})", "Patient.birthDate"), (Place{1, 27}));
}

TEST(LocateJson, counts_characters_and_not_bytes) {
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1].resource.note[1]"), (Place{10, 31}));
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1].resource.note[1].id"), (Place{10, 49}));
}

TEST(LocateJson, gives_a_missing_element_the_place_of_the_nearest_around_it) {
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[1].resource.component[1].code.coding[0].system"), (Place{7, 55}));
  EXPECT_EQ(locate_json(kJson, "Bundle.entry[7].fullUrl"), (Place{1, 1}));
  EXPECT_EQ(locate_json(kJson, "Bundle.link.relation"), (Place{1, 1}));
}

TEST(LocateJson, gives_no_place_for_what_is_about_something_else) {
  EXPECT_EQ(locate_json(kJson, "Patient.active"), At());
  EXPECT_EQ(locate_json(kJson, ""), At());
  EXPECT_EQ(locate_json(kJson, "_format"), At());
  EXPECT_EQ(locate_json("", "Bundle"), At());
  EXPECT_EQ(locate_json("[1]", "Bundle"), At());
}

TEST(LocateJson, survives_text_that_is_no_json_wherever_it_ends) {
  for (std::size_t size = 0; size <= kJson.size(); ++size) {
    const std::string cut(kJson.substr(0, size));
    locate_json(cut, "Bundle.entry[1].resource.contained[0].name[0].given[1].extension[0].url");
    locate_json(cut + "]]}{\"\\", "Bundle.entry[1].resource.component[1].valueQuantity.code");
  }
}

TEST(LocateJson, places_every_failure_of_a_resource_in_one_pass) {
  const std::string_view text = R"({"resourceType": "Observation",
 "status": "finished",
 "code": {"coding": [{"system": "http://loinc.org",
   "code": " 1 "}]},
 "subject": {"reference": "#nobody"}})";
  const auto tree = parse_json(text);
  ASSERT_TRUE(tree);
  auto valid = require_valid(tree->root());
  ASSERT_FALSE(valid);
  Failure& failure = valid.error();
  locate_json(text, failure);
  std::vector<std::pair<std::string, Place>> found{{failure.expression, failure.place}};
  for (const Failure& one : failure.also) found.emplace_back(one.expression, one.place);
  const std::vector<std::pair<std::string, Place>> expected{{"Observation.status", {2, 2}},
                                                            {"Observation.code.coding[0].code", {4, 4}},
                                                            {"Observation.subject.reference", {5, 14}}};
  EXPECT_EQ(found, expected);
}

TEST(LocateJson, costs_one_pass_however_many_failures_there_are) {
  std::string text = R"({"resourceType":"Patient","name":[)";
  Failure failure{Fault::invariant, "x", "Patient.name[0].use"};
  for (int i = 0; i < 100'000; ++i) {
    text += i == 0 ? "" : ",\n";
    text += R"({"use":"wrong"})";
    if (i > 0) failure.also.push_back({Fault::code_invalid, "x", "Patient.name[" + std::to_string(i) + "].use"});
  }
  text += "]}";
  locate_json(text, failure);
  EXPECT_EQ(failure.also.back().place, (Place{100'000, 2}));
}

constexpr std::string_view kXml = R"(<?xml version="1.0"?>
<!-- <Bundle> -->
<Bundle xmlns="http://hl7.org/fhir">
  <type value="a > b"/>
  <entry><resource><Patient><active value="true"/></Patient></resource></entry>
  <entry>
    <resource>
      <Observation>
        <contained><Patient><text><div xmlns="http://www.w3.org/1999/xhtml"><status/></div></text></Patient></contained>
        <contained><Patient><name><given value="Ås"/><given value="B"><extension url="u"><valueCode value="x"/></extension></given></name></Patient></contained>
        <status value='final'/>
        <component><valueQuantity><code value="a"/></valueQuantity></component>
        <component><valueQuantity><code value="b"/></valueQuantity></component>
      </Observation>
    </resource>
  </entry>
</Bundle>)";

TEST(LocateXml, finds_an_element_where_its_tag_begins) {
  EXPECT_EQ(locate_xml(kXml, "Bundle"), (Place{3, 1}));
  EXPECT_EQ(locate_xml(kXml, "Bundle.type"), (Place{4, 3}));
  EXPECT_EQ(locate_xml(kXml, "Bundle.entry[1]"), (Place{6, 3}));
  EXPECT_EQ(locate_xml(kXml, "Bundle.entry[0].resource.active"), (Place{5, 29}));
  EXPECT_EQ(locate_xml(kXml, "Bundle.entry[1].resource.status"), (Place{11, 9}));
  EXPECT_EQ(locate_xml(kXml, "Bundle.entry[1].resource.component[1].valueQuantity.code"), (Place{13, 35}));
}

TEST(LocateXml, finds_what_stands_in_contained_resources_and_on_primitives) {
  const std::string patient = "Bundle.entry[1].resource.contained[1]";
  EXPECT_EQ(locate_xml(kXml, patient), (Place{10, 9}));
  EXPECT_EQ(locate_xml(kXml, patient + ".name[0].given[1]"), (Place{10, 54}));
  EXPECT_EQ(locate_xml(kXml, patient + ".name[0].given[1].extension[0].valueCode"), (Place{10, 90}));
}

TEST(LocateXml, gives_a_missing_element_the_place_of_the_nearest_around_it) {
  EXPECT_EQ(locate_xml(kXml, "Bundle.entry[1].resource.component[0].code"), (Place{12, 9}));
  EXPECT_EQ(locate_xml(kXml, "Bundle.entry[1].resource.contained[1].name[0].given[1].extension[0].url"),
            (Place{10, 71}));
  EXPECT_EQ(locate_xml(kXml, "Observation.status"), At());
}

TEST(LocateXml, survives_text_that_is_no_xml_wherever_it_ends) {
  for (std::size_t size = 0; size <= kXml.size(); ++size)
    locate_xml(kXml.substr(0, size), "Bundle.entry[1].resource.component[1].valueQuantity.code");
  locate_xml("<><//></Bundle></a><Bundle><entry", "Bundle.entry[0]");
}

TEST(Positions, stand_in_what_the_codecs_refuse) {
  const auto place = [](const auto& tree) { return tree ? Place{} : tree.error().place; };
  EXPECT_EQ(place(parse_json("{\"resourceType\":\"Patient\",\n  \"id\":}")), (Place{2, 8}));
  EXPECT_EQ(place(parse_json("{\"resourceType\":\"Patient\",\n  \"id\":\"\\n\\n\",\n\"x\":1}")), (Place{3, 1}));
  EXPECT_EQ(place(parse_json("{\"resourceType\":\"Patient\",\n \"text\":{}}")), (Place{2, 2}));
  EXPECT_EQ(place(parse_json("{\n\"a\":\"\xC0\"}")), (Place{2, 6}));
  EXPECT_EQ(place(parse_xml("<Patient xmlns=\"http://hl7.org/fhir\">\n  <ide/></Patient>")), (Place{2, 3}));
  EXPECT_EQ(place(parse_xml("<Patient xmlns=\"http://hl7.org/fhir\">\n  <id value=\"a\" b=\"c\"\n/></Patient>")),
            (Place{2, 3}));
  EXPECT_EQ(place(parse_xml("<Patient xmlns=\"http://hl7.org/fhir\">\n</Patent>")).line, 2u);
  EXPECT_EQ(place(parse_xml("<Patient>\n\xC0</Patient>")), (Place{2, 1}));
}

}  // namespace
}  // namespace varde::fhir
