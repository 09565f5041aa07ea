// Holds us to https://hl7.org/fhir/R4/validation.html and https://hl7.org/fhir/R4/datatypes.html
#include "fhir-model/validation/validation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fhir-model/json/json.h"

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

TEST(Validate, holds_a_coded_element_to_the_system_as_well_as_the_code) {
  const auto condition = [](std::string_view coding) {
    return violations(R"({"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":)" +
                      std::string(coding) + "}");
  };
  constexpr std::string_view kSystem = "http://terminology.hl7.org/CodeSystem/condition-clinical";
  EXPECT_EQ(condition(R"({"coding":[{"system":")" + std::string(kSystem) + R"(","code":"active"}]})"), Found{});
  EXPECT_EQ(condition(R"({"coding":[{"system":"http://a.no/x","code":"active"}]})"),
            Found{"code-invalid Condition.clinicalStatus"});
  EXPECT_EQ(condition(R"({"text":"active"})"), Found{"code-invalid Condition.clinicalStatus"});
  EXPECT_EQ(
      condition(
          R"({"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]})"),
      Found{});
}

TEST(Validate, holds_codes_to_lists_that_others_keep) {
  const auto cost = [](std::string_view currency) {
    return violations(patient(R"("extension":[{"url":"http://a.no/x","valueMoney":{"value":1,"currency":")" +
                              std::string(currency) + "\"}}]"));
  };
  EXPECT_EQ(cost("NOK"), Found{});
  EXPECT_EQ(cost("KRONER"), Found{"code-invalid Patient.extension[0].valueMoney.currency"});
}

TEST(Validate, advises_on_bindings_that_do_not_refuse) {
  const auto advice = [](std::string_view json) {
    const auto tree = parse_json(json);
    EXPECT_TRUE(validate(tree->root()).empty());
    std::vector<std::string> out;
    for (const Failure& failure : validate(tree->root(), Report::everything))
      if (failure.fault == Fault::code_invalid)
        out.push_back(std::string(name_of(failure.severity)) + " " + failure.expression);
    return out;
  };
  EXPECT_EQ(advice(patient(R"("maritalStatus":{"coding":[{"system":"http://a.no/x","code":"y"}]})")),
            Found{"warning Patient.maritalStatus"})
      << "extensible";
  EXPECT_EQ(advice(patient(R"("maritalStatus":{"text":"y"})")), Found{});
  EXPECT_EQ(advice(observation(R"("category":[{"coding":[{"system":"http://a.no/x","code":"y"}]}])")),
            Found{"information Observation.category[0]"})
      << "preferred";
  EXPECT_EQ(
      advice(observation(
          R"("category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"y"}]}])")),
      (Found{"warning Observation.category[0].coding[0].code", "information Observation.category[0]"}))
      << "no code of that system";
}

TEST(Validate, refuses_a_value_set_in_the_place_of_a_code_system) {
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://hl7.org/fhir/ValueSet/x","code":"x"}]}})"),
      Found{"value-malformed Observation.code.coding[0].system"});
}

TEST(Validate, advises_a_system_to_say_who_keeps_it) {
  const auto tree = parse_json(observation(R"("identifier":[{"system":"mine","value":"1"}])"));
  EXPECT_TRUE(validate(tree->root()).empty()) << "R4 calls it a URI, no more";
  const auto found = validate(tree->root(), Report::everything);
  EXPECT_TRUE(std::ranges::any_of(found, [](const Failure& failure) {
    return failure.expression == "Observation.identifier[0].system" && failure.severity == Severity::warning;
  }));
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

TEST(Validate, takes_an_image_in_the_narrative_for_a_reference) {
  const auto with_image = [](std::string_view name) {
    return violations(
        patient(R"("text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><img src=\"#)" +
                std::string(name) +
                R"(\"/></div>"},"contained":[{"resourceType":"Binary","id":"b","contentType":"image/png"}])"));
  };
  EXPECT_EQ(with_image("b"), Found{});
  EXPECT_EQ(with_image("c"), Found{"invariant Patient.contained[0]"});
}

TEST(Validate, holds_a_reference_to_the_types_that_may_stand_there) {
  EXPECT_EQ(violations(observation(R"("subject":{"reference":"Practitioner/1"})")),
            Found{"invariant Observation.subject.reference"});
  EXPECT_EQ(violations(observation(R"("subject":{"reference":"https://a.no/fhir/Practitioner/1"})")),
            Found{"invariant Observation.subject.reference"});
  EXPECT_EQ(violations(observation(R"("subject":{"reference":"urn:uuid:1","type":"Practitioner"})")),
            Found{"invariant Observation.subject.reference"});
  EXPECT_EQ(violations(observation(R"("subject":{"type":"Practitioner","display":"x"})")),
            Found{"invariant Observation.subject"});
  EXPECT_EQ(violations(observation(R"("subject":{"type":"Practitoner","display":"x"})")),
            Found{"code-invalid Observation.subject.type"});
  EXPECT_EQ(violations(observation(R"("focus":[{"reference":"Practitioner/1"}])")), Found{}) << "any type";
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Observation","contained":[{"resourceType":"Practitioner","id":"p"}],"status":"final","code":{"text":"x"},"subject":{"reference":"#p"}})"),
      Found{"invariant Observation.subject.reference"});
  const auto in_bundle = [](std::string_view type) {
    return violations(R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":)" +
                      observation(R"("subject":{"reference":"urn:uuid:2"})") +
                      R"(},{"fullUrl":"urn:uuid:2","resource":{"resourceType":")" + std::string(type) + "\"}}]}");
  };
  EXPECT_EQ(in_bundle("Patient"), Found{});
  EXPECT_EQ(in_bundle("Practitioner"), Found{"invariant Bundle.entry[0].resource.subject.reference"});
}

TEST(Validate, says_which_types_a_reference_may_name_and_which_rule_it_broke) {
  const auto tree = parse_json(observation(R"("subject":{"reference":"Practitioner/1"})"));
  const auto found = validate(tree->root());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].diagnostics, "subject refers to Device, Group, Location or Patient, not to Practitioner.");
  EXPECT_EQ(found[0].source, "http://hl7.org/fhir/StructureDefinition/Observation#Observation.subject");
}

TEST(Validate, names_the_rule_that_is_broken) {
  const auto source = [](std::string_view json) {
    const auto tree = parse_json(json);
    const auto found = validate(tree->root());
    return found.empty() ? "" : found[0].source;
  };
  constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";
  EXPECT_EQ(source(observation(R"("valueString":"x","dataAbsentReason":{"text":"x"})")),
            std::string(kBase) + "Observation#obs-6");
  EXPECT_EQ(source(observation(R"("valueQuantity":{"value":1,"code":"kg"})")), std::string(kBase) + "Quantity#qty-3");
  EXPECT_EQ(source(observation(R"("referenceRange":[{"low":{"value":1,"comparator":"<"}}])")),
            std::string(kBase) + "SimpleQuantity#sqty-1");
  EXPECT_EQ(source(R"({"resourceType":"Observation","code":{"text":"x"}})"),
            std::string(kBase) + "Observation#Observation.status");
  EXPECT_EQ(source(observation(R"("valueString":"x","valueBoolean":true)")),
            std::string(kBase) + "Observation#Observation.value[x]");
  EXPECT_EQ(source(patient(R"("birthDate":"x")")), std::string(kBase) + "Patient#Patient.birthDate");
}

TEST(Validate, judges_the_constraints_of_every_type_by_their_fhirpath) {
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"display"},{"linkId":"1","type":"display"}]})"),
      Found{"invariant Questionnaire"})
      << "que-2";
  EXPECT_EQ(violations(R"({"resourceType":"Linkage","item":[{"type":"source","resource":{"reference":"Patient/1"}}]})"),
            Found{"invariant Linkage"})
      << "lnk-1";
  EXPECT_EQ(violations(R"({"resourceType":"Organization","name":"x","address":[{"city":"y"},{"use":"home"}]})"),
            Found{"invariant Organization.address[1]"})
      << "org-2 stands on the element";
  EXPECT_EQ(
      violations(patient(
          R"("extension":[{"url":"http://a.no/x","valueAge":{"value":-1,"system":"http://unitsofmeasure.org","code":"a"}}])")),
      Found{"invariant Patient.extension[0].valueAge"})
      << "age-1";
}

TEST(Validate, gives_warnings_and_information_only_when_asked) {
  const auto tree = parse_json(R"({"resourceType":"ValueSet","status":"draft","name":"not a token"})");
  EXPECT_TRUE(validate(tree->root()).empty());
  std::vector<std::string> found;
  for (const Failure& failure : validate(tree->root(), Report::everything))
    found.push_back(std::string(name_of(failure.severity)) + " " + failure.source);
  EXPECT_EQ(found, (Found{"warning http://hl7.org/fhir/StructureDefinition/ValueSet#vsd-0",
                          "warning http://hl7.org/fhir/StructureDefinition/DomainResource#dom-6"}));
}

/// Entries after a Composition whose subject is Patient/1.
std::string document(std::string_view entries) {
  return R"({"resourceType":"Bundle","type":"document","identifier":{"system":"urn:x","value":"1"},"timestamp":"2026-01-01T00:00:00Z",
    "entry":[{"fullUrl":"http://a.no/Composition/c","resource":{"resourceType":"Composition","id":"c","status":"final",
    "type":{"text":"x"},"date":"2026","author":[{"display":"x"}],"title":"x","subject":{"reference":"Patient/1"}}})" +
         std::string(entries) + "]}";
}

TEST(Validate, wants_in_a_document_what_its_composition_refers_to_and_nothing_else) {
  constexpr std::string_view kPatient =
      R"(,{"fullUrl":"http://a.no/Patient/1","resource":{"resourceType":"Patient","id":"1"}})";
  EXPECT_EQ(violations(document(kPatient)), Found{});
  EXPECT_EQ(violations(document("")), Found{"reference-unresolved Bundle.entry[0].resource.subject.reference"});
  EXPECT_EQ(
      violations(document(R"(,{"fullUrl":"http://b.no/Patient/1","resource":{"resourceType":"Patient","id":"1"}})")),
      (Found{"reference-unresolved Bundle.entry[0].resource.subject.reference", "invariant Bundle.entry[1]"}))
      << "a relative reference counts from the fullUrl of its own entry";
  const auto with_device = [&](std::string_view patient) {
    return violations(
        document(std::string(kPatient) +
                 R"(,{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Device","patient":{"reference":")" +
                 std::string(patient) + "\"}}}"));
  };
  EXPECT_EQ(with_device("http://a.no/Patient/1"), Found{}) << "what refers to something in it belongs to it";
  EXPECT_EQ(with_device("http://b.no/Patient/1"), Found{"invariant Bundle.entry[2]"});
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
      {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","name":[{"id":"a","family":"x"}]}},{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","name":[{"id":"a","family":"x"}]}}]})"),
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
      Found{"invariant Bundle.entry[1]"});
  EXPECT_EQ(
      violations(R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"}}]})"),
      Found{})
      << "senders of collections often leave fullUrl out: that is a warning";
  EXPECT_EQ(
      violations(
          R"({"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","eventCoding":{"code":"x"},"source":{"endpoint":"http://a.no"}}}]})"),
      Found{"required-missing Bundle.entry[0].fullUrl"});
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
          R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","gender":"x"}}]})"),
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

}  // namespace
}  // namespace varde::fhir
