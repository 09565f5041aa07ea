// Holds us to https://hl7.org/fhir/R4/fhirpath.html: elements, types, references and FHIR's own functions
#include <gtest/gtest.h>

#include "tests/fhirpath/support/answer.h"

namespace varde::fhirpath {
namespace {

const fhir::Tree& observation() {
  static const fhir::Tree tree = tree_of(R"({"resourceType":"Observation","id":"o1","status":"final",
    "contained":[{"resourceType":"Patient","id":"p","gender":"female"}],
    "extension":[{"url":"http://example.org/a","valueInteger":7},{"url":"http://example.org/b","valueCode":"x"}],
    "code":{"coding":[{"system":"http://loinc.org","code":"59408-5"},{"system":"urn:x","code":"1"}]},
    "subject":{"reference":"#p"},"performer":[{"reference":"Practitioner/1"}],
    "effectiveDateTime":"2024-05-01T10:00:00+02:00",
    "valueQuantity":{"value":88.0,"unit":"%","system":"http://unitsofmeasure.org","code":"%"},
    "component":[{"code":{"text":"a"},"valueQuantity":{"value":1}},{"code":{"text":"b"},"valueString":"s"},
                 {"code":{"text":"c"},"_valueString":{"extension":[{"url":"http://example.org/why","valueBoolean":true}]}}]})");
  return tree;
}

struct Row {
  std::string_view expression, answer;
};
void expect_all(const fhir::Tree& tree, std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(answer(row.expression, tree.root()), row.answer) << row.expression;
}

TEST(Navigation, reaches_choices_by_their_base_name_only) {
  expect_all(observation(), {{"Observation.value.unit", "%"},
                             {"value.value", "88.0"},
                             {"Observation.valueQuantity", "{}"},
                             {"component.value.ofType(string)", "s, Observation.component[2].valueString"},
                             {"component.value.count()", "3"},
                             {"effective.is(dateTime)", "true"},
                             {"Patient.gender", "{}"},
                             {"contained.gender", "female"}});
}

TEST(Navigation, walks_children_and_descendants) {
  expect_all(observation(), {{"subject.children()", "#p"},
                             {"code.descendants().ofType(code)", "59408-5, 1"},
                             {"descendants().where(is(Patient)).id", "p"},
                             {"component[2].value.extension.value", "true"}});
}

TEST(Types, are_asked_for_in_two_namespaces) {
  expect_all(observation(), {{"status.is(code)", "true"},
                             {"status.is(string)", "true"},
                             {"status.ofType(string)", "{}"},
                             {"status is System.String", "false"},
                             {"value is Quantity", "true"},
                             {"is(DomainResource)", "true"},
                             {"is(FHIR.Patient)", "false"},
                             {"id.type().name", "id"},
                             {"status.type().namespace", "FHIR"},
                             {"1.type().name", "Integer"},
                             {"(value as Quantity).value > 80", "true"},
                             {"value.as(string)", "{}"}});
}

TEST(Types, convert_to_system_values_by_themselves) {
  expect_all(observation(), {{"status = 'final'", "true"},
                             {"status & '!'", "final!"},
                             {"value > 87 '%'", "true"},
                             {"value.value + 1", "89.0"},
                             {"effective > @2024-04", "true"},
                             {"effective + 1 day", "2024-05-02T10:00:00+02:00"},
                             {"extension('http://example.org/a').value + 1", "8"}});
}

TEST(Types, take_a_quantity_in_its_own_units) {
  const auto range = [](std::string_view low, std::string_view high) {
    return tree_of(std::string(R"({"resourceType":"Observation","valueRange":{"low":{)")
                       .append(low)
                       .append(R"(},"high":{)")
                       .append(high)
                       .append("}}}"));
  };
  const auto compared = [&](std::string_view low, std::string_view high) {
    const auto tree = range(low, high);
    return answer("value.low <= value.high", tree.root());
  };
  EXPECT_EQ(
      compared(R"("value":1,"system":"urn:forms","code":"TAB")", R"("value":2,"system":"urn:forms","code":"TAB")"),
      "true");
  EXPECT_EQ(compared(R"("value":1,"system":"urn:forms","code":"g")",
                     R"("value":2,"system":"http://unitsofmeasure.org","code":"g")"),
            "{}");
  EXPECT_EQ(compared(R"("value":1)", R"("value":2)"), "true");
  EXPECT_EQ(compared(R"("value":1,"comparator":"<")", R"("value":2)"), "{}");
}

TEST(As, refuses_several_items_unless_the_environment_filters) {
  EXPECT_EQ(answer("component.value.as(Quantity)", observation().root()).substr(0, 6), "fault:");
  Environment environment;
  environment.as_of_many = AsOfMany::filter;
  EXPECT_EQ(answer("component.value.as(Quantity).value", observation().root(), environment), "1");
}

TEST(FhirFunctions, see_values_and_extensions_of_primitives) {
  expect_all(observation(), {{"component.value.select(hasValue())", "false, true, false"},
                             {"status.getValue()", "final"},
                             {"code.getValue()", "{}"},
                             {"extension('http://example.org/b').value", "x"},
                             {"conformsTo('http://hl7.org/fhir/StructureDefinition/Observation')", "true"},
                             {"conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')", "false"},
                             {"status.memberOf('http://hl7.org/fhir/ValueSet/observation-status|4.0.1')", "true"},
                             {"'nonsense'.memberOf(%`vs-observation-status`)", "false"}});
  for (const auto unknown :
       {"conformsTo('http://example.org/unknown')", "status.memberOf('http://example.org/unknown')",
        "slice('http://example.org/unknown', 'a')"})
    EXPECT_EQ(answer(unknown, observation().root()).substr(0, 6), "fault:") << unknown;
}

TEST(FhirFunctions, ask_the_environment_about_value_sets) {
  Environment environment;
  environment.member_of = [](std::string_view set, std::string_view system,
                             std::string_view code) -> std::optional<bool> {
    if (set != "urn:known") return std::nullopt;
    return system == "http://loinc.org" && code == "59408-5";
  };
  EXPECT_EQ(answer("code.memberOf('urn:known')", observation().root(), environment), "true");
  EXPECT_EQ(answer("code.coding[1].memberOf('urn:known')", observation().root(), environment), "false");
  EXPECT_EQ(answer("code.memberOf('urn:other')", observation().root(), environment).substr(0, 6), "fault:");
}

TEST(FhirFunctions, ask_the_environment_which_code_subsumes_another) {
  const auto tree = tree_of(R"({"resourceType":"Observation","code":{"coding":[{"system":"urn:tree","code":"dog"}]},
    "method":{"coding":[{"system":"urn:tree","code":"animal"},{"system":"urn:other","code":"dog"}]},
    "bodySite":{"coding":[{"system":"urn:tree","code":"cat"}]}})");
  Environment environment;
  environment.subsumes = [](std::string_view system, std::string_view ancestor,
                            std::string_view) -> std::optional<bool> {
    return system == "urn:tree" ? std::optional(ancestor == "animal") : std::nullopt;
  };
  const auto ask = [&](std::string_view expression) { return answer(expression, tree.root(), environment); };
  EXPECT_EQ(ask("method.subsumes(code)"), "true");
  EXPECT_EQ(ask("code.subsumedBy(method)"), "true");
  EXPECT_EQ(ask("code.subsumes(method.coding[0])"), "false");
  EXPECT_EQ(ask("code.subsumes(bodySite)"), "false");
  EXPECT_EQ(ask("code.coding.subsumes(code.coding)"), "true");
  EXPECT_EQ(ask("code.coding.subsumes(method.coding[1])").substr(0, 6), "fault:") << "of another code system";
  EXPECT_EQ(ask("interpretation.subsumes(code)"), "{}");
  EXPECT_EQ(ask("'dog'.subsumes(code)").substr(0, 6), "fault:");
  EXPECT_EQ(answer("method.subsumes(code)", tree.root()).substr(0, 6), "fault:") << "nobody to ask";
}

TEST(FhirFunctions, find_a_slice_through_the_environment) {
  Environment environment;
  environment.slice = [](Element in, std::string_view profile,
                         std::string_view name) -> std::optional<std::vector<Element>> {
    if (profile != "urn:profile" || name != "loinc") return std::nullopt;
    return std::vector{in["coding"]};
  };
  EXPECT_EQ(answer("code.slice('urn:profile', 'loinc').code", observation().root(), environment), "59408-5");
  EXPECT_EQ(answer("code.slice('urn:profile', 'sct')", observation().root(), environment).substr(0, 6), "fault:");
}

TEST(FhirFunctions, let_known_modifier_extensions_pass_and_no_others) {
  const auto tree = tree_of(R"({"resourceType":"Observation","id":"o",
    "modifierExtension":[{"url":"urn:not","valueBoolean":true}]})");
  EXPECT_EQ(answer("checkModifiers('urn:not').id", tree.root()), "o");
  EXPECT_EQ(answer("checkModifiers('urn:other', 'urn:not').id", tree.root()), "o");
  EXPECT_EQ(answer("checkModifiers('urn:other').id", tree.root()).substr(0, 6), "fault:");
}

TEST(Primitives, have_their_system_value_as_a_child) {
  expect_all(observation(), {{"status.value", "final"},
                             {"status.value.type().namespace", "System"},
                             {"component.value.value", "1, s"},
                             {"effective.value.type().name", "DateTime"}});
  EXPECT_TRUE(check(*compile("Observation.status.value.length()"), observation().root().type()));
  EXPECT_FALSE(check(*compile("Observation.status.code"), observation().root().type()));
}

TEST(Types, call_the_parts_of_a_resource_by_their_base_type) {
  expect_all(observation(), {{"component.first().type().name", "BackboneElement"},
                             {"component.first().type().baseType", "Element"},
                             {"component.first() is BackboneElement", "true"}});
}

TEST(Equivalence, of_codings_is_by_code_and_system_and_of_concepts_by_any_coding) {
  const auto tree = tree_of(R"({"resourceType":"Observation",
    "code":{"text":"a","coding":[{"system":"urn:a","code":"1","display":"one"}]},
    "method":{"text":"b","coding":[{"system":"urn:b","code":"1"},{"system":"urn:a","code":"1","version":"2"}]},
    "bodySite":{"text":"a"},"dataAbsentReason":{"text":"A "}})");
  expect_all(tree, {{"code ~ method", "true"},
                    {"code = method", "false"},
                    {"code.coding ~ method.coding[1]", "true"},
                    {"code.coding ~ method.coding[0]", "false"},
                    {"code ~ bodySite", "false"},
                    {"bodySite ~ dataAbsentReason", "true"}});
  const auto people =
      tree_of(R"({"resourceType":"Patient","name":[{"family":"Vik"},{"text":"Vik"},{"family":"VIK"}]})");
  expect_all(people, {{"name[0] ~ name[1]", "false"}, {"name[0] ~ name[2]", "true"}});
}

TEST(HtmlChecks, refuse_what_a_reader_could_run) {
  const auto with_div = [](std::string_view div) {
    return tree_of(std::string(R"({"resourceType":"Patient","text":{"status":"generated","div":")").append(div) +
                   R"("}})");
  };
  const auto safe = with_div("<div xmlns='http://www.w3.org/1999/xhtml'><p>Hei</p></div>");
  const auto script = with_div("<div xmlns='http://www.w3.org/1999/xhtml'><script>x</script></div>");
  EXPECT_EQ(answer("text.div.htmlChecks()", safe.root()), "true");
  EXPECT_EQ(answer("text.div.htmlChecks()", script.root()), "false");
  EXPECT_EQ(answer("text.status.htmlChecks()", script.root()), "{}") << "only of xhtml";
}

TEST(Resolve, finds_contained_resources_and_bundle_entries) {
  const auto bundle = tree_of(R"({"resourceType":"Bundle","type":"collection","entry":[
    {"fullUrl":"https://a.example/fhir/Patient/1","resource":{"resourceType":"Patient","id":"1","gender":"male"}},
    {"fullUrl":"https://b.example/fhir/Patient/1","resource":{"resourceType":"Patient","id":"1","gender":"female"}},
    {"fullUrl":"urn:uuid:6f8c2a1e-0f0e-4a53-9c1c-2b2d4f6a8b01","resource":{"resourceType":"Device","id":"d"}},
    {"fullUrl":"https://b.example/fhir/Observation/9","resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},
      "subject":{"reference":"Patient/1"},"device":{"reference":"urn:uuid:6f8c2a1e-0f0e-4a53-9c1c-2b2d4f6a8b01"},
      "focus":[{"reference":"Patient/404"}]}}]})");
  expect_all(bundle, {{"entry.resource.ofType(Observation).subject.resolve().gender", "female"},
                      {"entry.resource.ofType(Observation).device.resolve().id", "d"},
                      {"entry.resource.ofType(Observation).focus.resolve()", "{}"},
                      {"'https://a.example/fhir/Patient/1'.resolve().gender", "{}"},
                      {"entry.resource.ofType(Observation).focus.where(resolve() is Patient).count()", "1"}});
  expect_all(observation(), {{"subject.resolve().gender", "female"},
                             {"subject.where(resolve() is Patient).exists()", "true"},
                             {"performer.where(resolve() is Patient).exists()", "false"},
                             {"performer.resolve()", "{}"}});
}

TEST(Resolve, asks_the_environment_for_what_is_not_in_the_tree) {
  const auto practitioner = tree_of(R"({"resourceType":"Practitioner","id":"1","gender":"other"})");
  Environment environment;
  environment.resolve = [&](std::string_view reference) {
    return reference == "Practitioner/1" ? practitioner.root() : Element{};
  };
  EXPECT_EQ(answer("performer.resolve().gender", observation().root(), environment), "other");
}

TEST(Variables, know_the_resource_and_its_root) {
  const Element patient = observation().root()["contained"];
  EXPECT_EQ(answer("%resource.id", patient["gender"]), "p");
  EXPECT_EQ(answer("%rootResource.id", patient["gender"]), "o1");
  EXPECT_EQ(answer("%context", patient["gender"]), "female");
  EXPECT_EQ(answer("%`vs-observation-status`"), "http://hl7.org/fhir/ValueSet/observation-status");
  Environment environment;
  environment.variables.emplace_back("limit", Collection{Item(std::int32_t{80})});
  EXPECT_EQ(answer("value.value > %limit", observation().root(), environment), "true");
}

TEST(Trace, shows_what_passes_by) {
  Environment environment;
  std::string shown;
  environment.trace = [&](std::string_view name, const Collection& items) {
    shown.append(name).append(":").append(std::to_string(items.size())).append(" ");
  };
  EXPECT_EQ(answer("component.trace('all').where(value.exists()).trace('kept', code.text).count()",
                   observation().root(), environment),
            "3");
  EXPECT_EQ(shown, "all:3 kept:3 ");
}

}  // namespace
}  // namespace varde::fhirpath
