// Holds us to https://hl7.org/fhir/R4/validation.html and https://hl7.org/fhir/R4/datatypes.html
#include "fhir-model/validation/validation.h"

#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/primitive.h"

namespace varde::fhir {
namespace {

/// "fault-name expression", one per violation.
std::vector<std::string> violations(std::string_view json) {
  const auto tree = parse_json(json);
  if (!tree) return {"not parsed: " + tree.error().diagnostics};
  std::vector<std::string> out;
  for (const Failure& failure : validate(tree->root())) {
    EXPECT_FALSE(failure.diagnostics.empty());
    EXPECT_EQ(failure.diagnostics.back(), '.');
    out.push_back(std::string(row_of(failure.fault).name) + " " + failure.expression);
  }
  return out;
}
using Found = std::vector<std::string>;

/// A valid Observation with `more` members.
std::string observation(std::string_view more) {
  return R"({"resourceType":"Observation","status":"final","code":{"text":"x"})" +
         (more.empty() ? "" : "," + std::string(more)) + "}";
}
std::string patient(std::string_view more) { return R"({"resourceType":"Patient",)" + std::string(more) + "}"; }

TEST(Validate, accepts_an_ordinary_home_measurement) {
  EXPECT_EQ(
      violations(R"({"resourceType":"Observation","id":"spo2-1","meta":{"lastUpdated":"2024-05-01T08:00:00.123+02:00"},
      "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>SpO2 <b>91</b> %</p></div>"},
      "status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
      "code":{"coding":[{"system":"http://loinc.org","code":"59408-5"}]},"subject":{"reference":"Patient/1"},
      "effectiveDateTime":"2024-05-01T07:58:00+02:00",
      "valueQuantity":{"value":91.00,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})"),
      Found{});
}

TEST(Validate, names_every_required_element_that_is_missing) {
  EXPECT_EQ(violations(R"({"resourceType":"Observation","component":[{"valueString":"x"}]})"),
            (Found{"required-missing Observation.status", "required-missing Observation.code",
                   "required-missing Observation.component[0].code"}));
  EXPECT_EQ(
      violations(
          R"({"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"reference":"Patient/1"}})"),
      Found{"required-missing MedicationRequest.medication"});
}

TEST(Validate, refuses_codes_outside_a_required_value_set) {
  EXPECT_EQ(violations(R"({"resourceType":"Observation","status":"done","code":{"text":"x"}})"),
            Found{"code-invalid Observation.status"});
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"code":"bad"}]}})"),
      Found{"code-invalid Condition.clinicalStatus"});
  EXPECT_EQ(violations(patient(R"("contact":[{"gender":"m","name":{"family":"x"}}])")),
            Found{"code-invalid Patient.contact[0].gender"});
}

TEST(Validate, allows_one_alternative_of_a_choice) {
  EXPECT_EQ(violations(observation(R"("valueString":"x","valueBoolean":true)")),
            Found{"cardinality Observation.valueBoolean"});
}

TEST(Validate, wants_a_value_or_children_in_every_element) {
  EXPECT_EQ(violations(patient(R"("name":[{"id":"a"}])")), Found{"required-missing Patient.name[0]"});
  EXPECT_EQ(violations(patient(R"("_birthDate":{"id":"a"})")), Found{"required-missing Patient.birthDate"});
  EXPECT_EQ(violations(patient(R"("_birthDate":{"extension":[{"url":"http://a.no/x","valueCode":"unknown"}]})")),
            Found{});
}

TEST(Validate, wants_a_value_or_parts_in_an_extension) {
  EXPECT_EQ(violations(patient(R"("extension":[{"url":"http://a.no/x"}])")), Found{"invariant Patient.extension[0]"});
  EXPECT_EQ(violations(patient(
                R"("extension":[{"url":"http://a.no/x","valueCode":"y","extension":[{"url":"z","valueCode":"y"}]}])")),
            Found{"invariant Patient.extension[0]"});
  EXPECT_EQ(violations(patient(R"("extension":[{"valueCode":"y"}])")),
            Found{"required-missing Patient.extension[0].url"});
  EXPECT_EQ(violations(patient(R"("extension":[{"url":"x","valueCode":"y"}])")),
            Found{"value-malformed Patient.extension[0].url"});
}

TEST(Validate, judges_the_form_of_a_reference) {
  const auto subject = [](std::string_view text) {
    return violations(observation(R"("subject":{"reference":")" + std::string(text) + "\"}"));
  };
  for (const auto good : {"Patient/1", "Patient/1/_history/2", "https://a.no/fhir/Patient/1", "http://a.no/anything",
                          "urn:uuid:0b0a2b4e-8f8d-4d3e-9d0a-3c7f6ad1a111", "urn:oid:1.2.3"})
    EXPECT_EQ(subject(good), Found{}) << good;
  for (const auto bad : {"1", "Patient", "Patient/", "Pasient/1", "/Patient/1", "Patient/a b", "Patient/å",
                         "x/Patient/1", "Patient?identifier=1", "Patient/1/_history/"})
    EXPECT_EQ(subject(bad), Found{"value-malformed Observation.subject.reference"}) << bad;
  EXPECT_EQ(violations(observation(R"("subject":{"reference":"Group/1","type":"Patient"})")),
            Found{"invariant Observation.subject.type"});
}

TEST(Validate, lets_a_transaction_refer_by_search) {
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"POST","url":"Observation"},
      "resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=a"}}}]})"),
      Found{});
}

TEST(Validate, ties_contained_resources_to_their_references) {
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p"}],"status":"final","code":{"text":"x"},"subject":{"reference":"#p"}})"),
      Found{});
  EXPECT_EQ(violations(observation(R"("subject":{"reference":"#p"})")),
            Found{"reference-unresolved Observation.subject.reference"});
  EXPECT_EQ(violations(patient(R"("contained":[{"resourceType":"Patient","id":"p"}])")),
            Found{"invariant Patient.contained[0]"});
  EXPECT_EQ(
      violations(patient(
          R"("contained":[{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"#"}}])")),
      Found{});
  EXPECT_EQ(violations(patient(R"("contained":[{"resourceType":"Organization","name":"x"}])")),
            Found{"required-missing Patient.contained[0].id"});
  EXPECT_EQ(
      violations(patient(
          R"("contained":[{"resourceType":"Organization","id":"o","name":"x","meta":{"versionId":"1"}}],"managingOrganization":{"reference":"#o"})")),
      Found{"invariant Patient.contained[0].meta.versionId"});
  EXPECT_EQ(
      violations(patient(
          R"("contained":[{"resourceType":"Organization","id":"o","name":"x"},{"resourceType":"Organization","id":"o","name":"x"}],"managingOrganization":{"reference":"#o"})")),
      Found{"invariant Patient.contained[1].id"});
  EXPECT_EQ(
      violations(patient(
          R"("contained":[{"resourceType":"Organization","id":"o","name":"x","contained":[{"resourceType":"Organization","id":"q","name":"y"}],"partOf":{"reference":"#q"}}],"managingOrganization":{"reference":"#o"})")),
      Found{"invariant Patient.contained[0].contained[0]"});
}

TEST(Validate, keeps_element_ids_apart_but_not_between_the_resources_of_a_bundle) {
  EXPECT_EQ(violations(patient(R"("name":[{"id":"a","family":"x"},{"id":"a","family":"y"}])")),
            Found{"invariant Patient.name[1].id"});
  EXPECT_EQ(violations(R"({"resourceType":"Bundle","type":"collection","entry":[
      {"resource":{"resourceType":"Patient","name":[{"id":"a","family":"x"}]}},{"resource":{"resourceType":"Patient","name":[{"id":"a","family":"x"}]}}]})"),
            Found{});
}

TEST(Validate, holds_a_bundle_to_its_type) {
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","active":true}}]})"),
      Found{"invariant Bundle.entry[0]"});
  EXPECT_EQ(violations(R"({"resourceType":"Bundle","type":"collection","total":1})"), Found{"invariant Bundle"});
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"Patient/1","resource":{"resourceType":"Patient","id":"1"}}]})"),
      Found{"value-malformed Bundle.entry[0].fullUrl"});
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://a.no/Patient/2","resource":{"resourceType":"Patient","id":"1"}}]})"),
      Found{"invariant Bundle.entry[0].fullUrl"});
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"1"}},{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"2"}}]})"),
      Found{"invariant Bundle"});
}

TEST(Validate, holds_elements_to_the_rules_between_them) {
  EXPECT_EQ(violations(observation(R"("effectivePeriod":{"start":"2024-02-02","end":"2024-02-01"})")),
            Found{"invariant Observation.effectivePeriod"});
  EXPECT_EQ(violations(observation(R"("effectivePeriod":{"start":"2024-02-02","end":"2024-02"})")), Found{});
  EXPECT_EQ(violations(
                observation(R"("effectivePeriod":{"start":"2024-02-02T10:00:00+02:00","end":"2024-02-02T08:30:00Z"})")),
            Found{});
  EXPECT_EQ(violations(observation(R"("valueQuantity":{"value":1,"code":"kg"})")),
            Found{"invariant Observation.valueQuantity"});
  EXPECT_EQ(violations(observation(R"("valueString":"x","dataAbsentReason":{"text":"x"})")),
            Found{"invariant Observation"});
  EXPECT_EQ(violations(observation(R"("referenceRange":[{"age":{"low":{"value":1}}}])")),
            Found{"invariant Observation.referenceRange[0]"});
  EXPECT_EQ(violations(patient(R"("telecom":[{"value":"x"}])")), Found{"invariant Patient.telecom[0]"});
}

TEST(Validate, finds_violations_inside_the_resources_of_a_bundle) {
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","gender":"x"}}]})"),
      Found{"code-invalid Bundle.entry[0].resource.gender"});
}

TEST(Validate, never_quotes_what_it_found) {
  const auto tree = parse_json(patient(
      R"("id":"Hemmelig_1","birthDate":"Hemmelig","gender":"Hemmelig","telecom":[{"value":"Hemmelig"}],"name":[{"family":"Hemmelig\u0001"}])"));
  ASSERT_TRUE(tree);
  const auto found = validate(tree->root());
  EXPECT_EQ(found.size(), 5u);
  for (const Failure& failure : found)
    EXPECT_EQ(failure.diagnostics.find("Hemmelig"), std::string::npos) << failure.diagnostics;
}

TEST(Validate, answers_a_hostile_resource_with_a_bounded_list) {
  std::string names;
  for (int i = 0; i < 5000; ++i) names += std::string(i ? "," : "") + R"({"id":"same"})";
  EXPECT_EQ(violations(patient("\"name\":[" + names + "]")).size(), 100u);
}

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
