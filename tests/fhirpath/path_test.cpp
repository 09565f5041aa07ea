// Holds us to https://hl7.org/fhir/R4/fhirpath.html and https://hl7.org/fhir/R4/searchparameter-registry.html
#include "fhir-model/fhirpath/path.h"

#include <gtest/gtest.h>

#include "fhir-model/json/json.h"

namespace varde::fhir {
namespace {

using Texts = std::vector<std::string>;

Tree tree_of(std::string_view json) {
  auto tree = parse_json(json);
  if (!tree) throw std::runtime_error(tree.error().diagnostics + " " + tree.error().expression);
  return std::move(*tree);
}

/// Places that the expression selects.
Texts places(std::string_view expression, const Tree& tree) {
  const auto path = Path::compile(expression);
  if (!path) return {"refused: " + path.error().diagnostics};
  std::vector<Element> found;
  path->select(tree.root(), found);
  Texts out;
  for (const Element element : found) out.push_back(element.path());
  return out;
}

std::string test(std::string_view expression, const Tree& tree) {
  const auto path = Path::compile(expression);
  if (!path) return "refused: " + path.error().diagnostics;
  const auto truth = path->test(tree.root());
  return !truth ? "empty" : *truth ? "true" : "false";
}

Fault refusal(std::string_view expression) {
  const auto path = Path::compile(expression);
  if (path) ADD_FAILURE() << "compiled: " << expression;
  return path ? Fault::internal : path.error().fault;
}

TEST(Path, compiles_the_expression_of_every_search_parameter) {
  std::size_t compiled = 0, booleans = 0;
  for (const SearchParameterRow& row : search_parameters()) {
    const auto path = Path::compile(row.expression);
    EXPECT_TRUE(path) << row_of(row.type).name << "?" << row.code << " " << row.expression << ": "
                      << path.error().diagnostics;
    if (!path) continue;
    ++compiled;
    booleans += path->is_boolean();
  }
  EXPECT_EQ(compiled, search_parameters().size());
  EXPECT_EQ(booleans, 1u) << "only Patient?deceased computes a value";
}

TEST(Path, selects_any_alternative_of_a_choice_and_one_by_its_type) {
  const Tree pulse = tree_of(
      R"({"resourceType":"Observation","valueQuantity":{"value":60},
          "component":[{"valueString":"a"},{"valueQuantity":{"value":1}},{"valueCodeableConcept":{"text":"b"}}]})");
  EXPECT_EQ(places("Observation.value", pulse), Texts{"Observation.valueQuantity"});
  EXPECT_EQ(places("Observation.value as Quantity", pulse), Texts{"Observation.valueQuantity"});
  EXPECT_EQ(places("(Observation.value as string)", pulse), Texts{});
  EXPECT_EQ(places("Observation.component.value", pulse),
            (Texts{"Observation.component[0].valueString", "Observation.component[1].valueQuantity",
                   "Observation.component[2].valueCodeableConcept"}));
  EXPECT_EQ(places("(Observation.value as Quantity) | (Observation.component.value.ofType(Quantity))", pulse),
            (Texts{"Observation.valueQuantity", "Observation.component[1].valueQuantity"}));
  EXPECT_EQ(places("(Observation.component.value as CodeableConcept).text", pulse),
            Texts{"Observation.component[2].valueCodeableConcept.text"});
  EXPECT_EQ(places("Observation.component.value.as(FHIR.Quantity).value", pulse),
            Texts{"Observation.component[1].valueQuantity.value"});
  EXPECT_EQ(places("Observation.component.value.text", pulse),
            Texts{"Observation.component[2].valueCodeableConcept.text"});
}

TEST(Path, takes_an_age_where_a_quantity_is_asked_for) {
  const Tree asthma = tree_of(R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},
      "onsetAge":{"value":12,"code":"a"}})");
  EXPECT_EQ(places("(Condition.onset as Quantity).value", asthma), Texts{"Condition.onsetAge.value"});
}

TEST(Path, selects_nothing_from_another_type_of_resource) {
  const Tree patient = tree_of(R"({"resourceType":"Patient","id":"p","name":[{"family":"Å"}]})");
  EXPECT_EQ(places("Practitioner.name", patient), Texts{});
  EXPECT_EQ(places("Resource.id", patient), Texts{"Patient.id"});
  EXPECT_EQ(places("DomainResource.id | name.family", patient), (Texts{"Patient.id", "Patient.name[0].family"}));
}

TEST(Path, counts_an_index_over_all_that_the_path_selects) {
  const Tree patient = tree_of(R"({"resourceType":"Patient","name":[{"given":["a","b"]},{"given":["c"]}]})");
  EXPECT_EQ(places("Patient.name.given[2]", patient), Texts{"Patient.name[1].given[0]"});
  EXPECT_EQ(places("Patient.name[1].given", patient), Texts{"Patient.name[1].given[0]"});
  EXPECT_EQ(places("Patient.name.given.first()", patient), Texts{"Patient.name[0].given[0]"});
  EXPECT_EQ(places("Patient.name.given[3]", patient), Texts{});
}

TEST(Path, filters_by_where) {
  const Tree patient = tree_of(R"({"resourceType":"Patient","telecom":[
      {"system":"phone","value":"1"},{"system":"email","value":"2"},{"value":"3"},{"system":"email"}]})");
  EXPECT_EQ(places("Patient.telecom.where(system='email')", patient),
            (Texts{"Patient.telecom[1]", "Patient.telecom[3]"}));
  EXPECT_EQ(places("Patient.telecom.where(system = 'email' and value.exists()).value", patient),
            Texts{"Patient.telecom[1].value"});
  EXPECT_EQ(places("Patient.telecom.where(system != 'email')", patient), Texts{"Patient.telecom[0]"});
  EXPECT_EQ(places("Patient.telecom.where(system.empty() or value.exists().not())", patient),
            (Texts{"Patient.telecom[2]", "Patient.telecom[3]"}));
}

TEST(Path, finds_extensions_by_url) {
  const Tree patient = tree_of(R"({"resourceType":"Patient","_birthDate":{"extension":[
      {"url":"http://a","valueString":"x"},{"url":"http://b","valueDateTime":"2020"}]}})");
  EXPECT_EQ(places("Patient.birthDate.extension('http://b').value", patient),
            Texts{"Patient.birthDate.extension[1].valueDateTime"});
}

TEST(Path, tells_the_type_a_reference_points_to_without_fetching_it) {
  const auto selected = [](std::string_view subject) {
    const Tree tree = tree_of(R"({"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p"},
        {"resourceType":"Group","id":"g"}],"subject":)" +
                              std::string(subject) + "}");
    return places("Observation.subject.where(resolve() is Patient)", tree).size();
  };
  EXPECT_EQ(selected(R"({"reference":"Patient/1"})"), 1u);
  EXPECT_EQ(selected(R"({"reference":"Patient/1/_history/2"})"), 1u);
  EXPECT_EQ(selected(R"({"reference":"https://example.org/fhir/Patient/1"})"), 1u);
  EXPECT_EQ(selected(R"({"reference":"https://example.org/Patient/Group/1"})"), 0u);
  EXPECT_EQ(selected(R"({"reference":"Group/1"})"), 0u);
  EXPECT_EQ(selected(R"({"reference":"#p"})"), 1u);
  EXPECT_EQ(selected(R"({"reference":"#g"})"), 0u);
  EXPECT_EQ(selected(R"({"reference":"urn:uuid:0b0a2b4e-8f8d-4d3e-9d0a-3c7f6ad1a111","type":"Patient"})"), 1u);
  EXPECT_EQ(selected(R"({"type":"Patient","identifier":{"value":"x"}})"), 1u);
  EXPECT_EQ(selected(R"({"display":"Somebody"})"), 0u);
}

TEST(Path, resolves_a_urn_inside_its_bundle) {
  const Tree bundle = tree_of(R"({"resourceType":"Bundle","type":"transaction","entry":[
      {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"}},
      {"resource":{"resourceType":"Observation","subject":{"reference":"urn:uuid:1"}}}]})");
  EXPECT_EQ(places("Bundle.entry.resource.subject.where(resolve() is Patient)", bundle),
            Texts{"Bundle.entry[1].resource.subject"});
}

TEST(Path, computes_whether_a_patient_is_deceased) {
  constexpr auto kDeceased = "Patient.deceased.exists() and Patient.deceased != false";
  EXPECT_EQ(test(kDeceased, tree_of(R"({"resourceType":"Patient","deceasedBoolean":true})")), "true");
  EXPECT_EQ(test(kDeceased, tree_of(R"({"resourceType":"Patient","deceasedBoolean":false})")), "false");
  EXPECT_EQ(test(kDeceased, tree_of(R"({"resourceType":"Patient","deceasedDateTime":"2020"})")), "true");
  EXPECT_EQ(test(kDeceased, tree_of(R"({"resourceType":"Patient","active":true})")), "false");
  EXPECT_EQ(test("Patient.deceased = true", tree_of(R"({"resourceType":"Patient","active":true})")), "empty");
  EXPECT_EQ(test("Patient.deceased is boolean", tree_of(R"({"resourceType":"Patient","deceasedBoolean":false})")),
            "true");
}

TEST(Path, refuses_what_search_cannot_use_and_says_where_syntax_breaks) {
  EXPECT_EQ(refusal("Patient.name.count()"), Fault::not_supported);
  EXPECT_EQ(refusal("Patient.nmae"), Fault::not_supported);
  EXPECT_EQ(refusal("Observation.valueQuantity"), Fault::not_supported);
  EXPECT_EQ(refusal("Patient.name as Nmae"), Fault::parameter_malformed);
  for (const auto broken : {"", "Patient.", "Patient.name[", "Patient.name.where(", "'x", "a b", "Patient..name", "@",
                            "Patient.name as", "%", "`x", "/* x", "a = 'x\\q'", "#"})
    EXPECT_FALSE(Path::compile(broken)) << broken;
  EXPECT_EQ(Path::compile("Patient.name.where(use=)").error().diagnostics,
            "FHIRPath: expected a path or a literal at character 24.");
}

TEST(Path, takes_every_expression_that_gives_elements) {
  const Tree patient = tree_of(R"({"resourceType":"Patient","name":[{"family":"Å"},{"family":"Vik","use":"old"}],
      "telecom":[{"value":"a"},{"value":"b","rank":1}]})");
  EXPECT_EQ(places("Patient.name.where(use.empty()).select(family)", patient), Texts{"Patient.name[0].family"});
  EXPECT_EQ(places("Patient.name.last()", patient), Texts{"Patient.name[1]"});
  EXPECT_EQ(places("iif(Patient.name.count() > 1, Patient.name[1].family, Patient.name.family)", patient),
            Texts{"Patient.name[1].family"});
  EXPECT_EQ(places("Patient.telecom.skip(1).value", patient), Texts{"Patient.telecom[1].value"});
  EXPECT_EQ(places("Patient.name.where(family < use)", patient), Texts{"Patient.name[1]"});
}

TEST(Path, selects_nothing_where_the_data_does_not_allow_the_expression) {
  const Tree patient = tree_of(R"({"resourceType":"Patient","name":[{"given":["a","b"]}]})");
  EXPECT_EQ(places("Patient.name.where(given > 'a')", patient), Texts{});
  EXPECT_EQ(test("Patient.name.given > 'a'", patient), "empty");
}

TEST(Path, stays_within_its_limits_on_hostile_expressions) {
  EXPECT_FALSE(Path::compile(std::string(100'000, '(')));
  EXPECT_FALSE(Path::compile(std::string(100'000, '-')));
  std::string long_path = "a";
  for (int i = 0; i < 100'000; ++i) long_path += ".a";
  EXPECT_FALSE(Path::compile(long_path));
  std::string wide = "name";
  for (int i = 0; i < 5000; ++i) wide += "|name";
  EXPECT_FALSE(Path::compile(wide));
}

}  // namespace
}  // namespace varde::fhir
