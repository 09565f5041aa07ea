// Holds the typed views to the definition tables: https://hl7.org/fhir/R4/resourcelist.html, datatypes.html
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "fhir-model/json/json.h"
#include "fhir-model/view/allergy_intolerance.h"
#include "fhir-model/view/audit_event.h"
#include "fhir-model/view/binary.h"
#include "fhir-model/view/bundle.h"
#include "fhir-model/view/care_plan.h"
#include "fhir-model/view/communication.h"
#include "fhir-model/view/composition.h"
#include "fhir-model/view/condition.h"
#include "fhir-model/view/detected_issue.h"
#include "fhir-model/view/device.h"
#include "fhir-model/view/diagnostic_report.h"
#include "fhir-model/view/document_reference.h"
#include "fhir-model/view/encounter.h"
#include "fhir-model/view/episode_of_care.h"
#include "fhir-model/view/goal.h"
#include "fhir-model/view/medication_statement.h"
#include "fhir-model/view/observation.h"
#include "fhir-model/view/operation_outcome.h"
#include "fhir-model/view/organization.h"
#include "fhir-model/view/patient.h"
#include "fhir-model/view/practitioner.h"
#include "fhir-model/view/practitioner_role.h"
#include "fhir-model/view/provenance.h"
#include "fhir-model/view/questionnaire_response.h"
#include "fhir-model/view/service_request.h"
#include "fhir-model/view/task.h"

namespace varde::fhir::view {
namespace {

using testing::ElementsAre;

Tree tree_of(std::string_view json) {
  auto tree = parse_json(json);
  if (!tree) throw std::runtime_error(tree.error().diagnostics);
  return std::move(*tree);
}

constexpr std::string_view kBloodPressure = R"({"resourceType":"Observation","id":"bp","status":"final",
  "meta":{"tag":[{"system":"urn:level","code":"red"}]},
  "extension":[{"url":"urn:arm","valueCode":"left"},{"url":"urn:rested","valueBoolean":false}],
  "category":[{"coding":[{"code":"vital-signs"},{"code":"home"}]},{"text":"at home"}],
  "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
  "effectivePeriod":{"start":"2026-01-01T08:00:00Z","end":"2026-01-01T08:01:00Z"},
  "component":[
    {"code":{"text":"systolic"},"valueQuantity":{"value":151.50,"unit":"mmHg"},
     "referenceRange":[{"low":{"value":90},"high":{"value":140}}]},
    {"code":{"text":"diastolic"},"valueInteger":92}]})";

TEST(View, reads_elements_lists_and_alternatives_of_a_choice_by_their_fhir_names) {
  const Tree tree = tree_of(kBloodPressure);
  const auto observation = Observation::of(tree.root());
  ASSERT_TRUE(observation);
  EXPECT_EQ(observation.status(), "final");
  EXPECT_EQ(observation.meta().tag().front().code(), "red");
  EXPECT_EQ(observation.code().coding().front().system(), "http://loinc.org");
  EXPECT_TRUE(observation.effective().period());
  EXPECT_EQ(observation.effective().period().start(), "2026-01-01T08:00:00Z");
  EXPECT_FALSE(observation.effective().date_time());
  EXPECT_FALSE(observation.value());
  std::vector<std::string_view> codes;
  for (const auto category : observation.category())
    for (const auto coding : category.coding()) codes.push_back(coding.code());
  EXPECT_THAT(codes, ElementsAre("vital-signs", "home"));
  EXPECT_EQ(observation.category().size(), 2u);
  EXPECT_EQ(observation.category()[1].text(), "at home");
  EXPECT_FALSE(observation.category()[2]);
}

TEST(View, names_the_same_place_that_the_element_tree_names) {
  const Tree tree = tree_of(kBloodPressure);
  const auto observation = Observation::of(tree.root());
  EXPECT_EQ(observation.status().element(), tree.root()["status"]);
  EXPECT_EQ(observation.component()[1].value().element().path(), "Observation.component[1].valueInteger");
  EXPECT_EQ(observation.component().front().reference_range().front().high().element().path(),
            "Observation.component[0].referenceRange[0].high");
}

TEST(View, reads_numbers_and_booleans_as_such_and_keeps_a_decimals_text) {
  const Tree tree = tree_of(kBloodPressure);
  const auto observation = Observation::of(tree.root());
  const auto systolic = observation.component()[0], diastolic = observation.component()[1];
  EXPECT_EQ(systolic.value().quantity().value().text(), "151.50");
  EXPECT_EQ(systolic.value().quantity().value().approximately(), 151.5);
  EXPECT_FALSE(systolic.value().integer());
  EXPECT_EQ(systolic.value().integer().value(), std::nullopt);
  EXPECT_EQ(diastolic.value().integer().value(), 92);
  const auto rested = observation.extension("urn:rested").value().boolean();
  EXPECT_EQ(rested.value(), false);
  EXPECT_TRUE(rested.has_value());
  EXPECT_TRUE(rested.is_false());
  EXPECT_FALSE(rested.is_true());
  EXPECT_EQ(observation.extension("urn:arm").value().code(), "left");
  EXPECT_FALSE(observation.extension("urn:other"));
}

TEST(View, of_another_type_is_nowhere) {
  const Tree tree = tree_of(kBloodPressure);
  EXPECT_FALSE(Patient::of(tree.root()));
  EXPECT_FALSE(Observation::of(tree.root()["code"]));
  EXPECT_FALSE(Observation::of(Element{}));
  EXPECT_TRUE(CodeableConcept::of(tree.root()["code"]));
  EXPECT_FALSE(Quantity::of(tree.root()["code"]));
}

TEST(View, finds_nothing_when_it_stands_on_an_element_of_another_type) {
  const Tree tree = tree_of(kBloodPressure);
  const Patient not_one(tree.root());
  EXPECT_FALSE(not_one.id()) << "the id of an Observation is no Patient's";
  EXPECT_TRUE(not_one.identifier().empty());
}

TEST(View, does_not_take_the_next_element_for_one_that_is_absent) {
  const Tree tree = tree_of(R"({"resourceType":"Observation","issued":"2026-01-01T08:00:00Z",
    "code":{"text":"a"},"dataAbsentReason":{"text":"b"}})");
  const auto observation = Observation::of(tree.root());
  EXPECT_FALSE(observation.value());
  EXPECT_FALSE(observation.effective());
  EXPECT_TRUE(observation.category().empty());
  EXPECT_EQ(observation.data_absent_reason().text(), "b");
}

TEST(View, steps_from_what_is_absent_stay_absent) {
  const auto nowhere = ServiceRequest::of(Element{});
  EXPECT_FALSE(nowhere);
  EXPECT_TRUE(nowhere.category().empty());
  EXPECT_EQ(nowhere.category().begin(), nowhere.category().end());
  EXPECT_EQ(nowhere.occurrence().timing().repeat().bounds().period().start(), "");
  EXPECT_EQ(nowhere.do_not_perform().value(), std::nullopt);
  EXPECT_FALSE(nowhere.extension("urn:a"));
}

TEST(View, reads_recursive_backbones_and_content_references) {
  const Tree tree = tree_of(R"({"resourceType":"QuestionnaireResponse","status":"completed","item":[
    {"linkId":"1","answer":[{"valueBoolean":true,"item":[{"linkId":"1.1","answer":[{"valueString":"deep"}]}]}]}]})");
  const auto response = QuestionnaireResponse::of(tree.root());
  const auto answer = response.item().front().answer().front();
  EXPECT_TRUE(answer.value().boolean().is_true());
  EXPECT_EQ(answer.item().front().answer().front().value().string(), "deep");
}

TEST(View, reads_a_resource_inside_another_as_the_type_that_it_is) {
  const Tree tree = tree_of(R"({"resourceType":"Bundle","type":"collection","entry":[
    {"resource":{"resourceType":"Patient","id":"p","name":[{"family":"Fjell","given":["Siv","Mo"]}],
                 "contained":[{"resourceType":"Organization","id":"o","name":"Vik legekontor"}]}},
    {"resource":{"resourceType":"Task","id":"t","status":"requested","intent":"order",
                 "for":{"reference":"Patient/p"}}}]})");
  const auto bundle = Bundle::of(tree.root());
  const auto patient = bundle.entry()[0].resource().as<Patient>();
  EXPECT_EQ(patient.name().front().family(), "Fjell");
  EXPECT_EQ(patient.name().front().given()[1], "Mo");
  EXPECT_EQ(patient.contained().front().as<Organization>().name(), "Vik legekontor");
  EXPECT_EQ(patient.contained().front().type_name(), "Organization");
  EXPECT_FALSE(bundle.entry()[0].resource().as<Task>());
  EXPECT_EQ(bundle.entry()[1].resource().id(), "t");
  EXPECT_EQ(bundle.entry()[1].resource().as<Task>().for_().reference(), "Patient/p");
}

TEST(View, skips_siblings_of_other_names_between_repetitions) {
  Tree tree = Tree::of("Patient");
  tree.edit().add("name").set("family", "Fjell");
  tree.edit().set("gender", "female");
  tree.edit().add("name").set("family", "Vik");
  std::vector<std::string_view> families;
  for (const auto name : Patient::of(tree.root()).name()) families.push_back(name.family());
  EXPECT_THAT(families, ElementsAre("Fjell", "Vik"));
}

/// Whether the view's own type number is that of the definitions it was compiled with.
template <class V>
void expect_named(std::string_view name) {
  EXPECT_EQ(row_of(V::kType).name, name);
  const Tree tree(V::kType);
  EXPECT_TRUE(V::of(tree.root())) << name;
}

TEST(View, stands_for_each_of_the_26_types) {
  expect_named<Patient>("Patient");
  expect_named<Practitioner>("Practitioner");
  expect_named<PractitionerRole>("PractitionerRole");
  expect_named<Organization>("Organization");
  expect_named<EpisodeOfCare>("EpisodeOfCare");
  expect_named<Encounter>("Encounter");
  expect_named<CarePlan>("CarePlan");
  expect_named<Goal>("Goal");
  expect_named<ServiceRequest>("ServiceRequest");
  expect_named<Observation>("Observation");
  expect_named<Condition>("Condition");
  expect_named<Task>("Task");
  expect_named<DetectedIssue>("DetectedIssue");
  expect_named<Communication>("Communication");
  expect_named<Composition>("Composition");
  expect_named<DocumentReference>("DocumentReference");
  expect_named<Binary>("Binary");
  expect_named<QuestionnaireResponse>("QuestionnaireResponse");
  expect_named<MedicationStatement>("MedicationStatement");
  expect_named<AllergyIntolerance>("AllergyIntolerance");
  expect_named<DiagnosticReport>("DiagnosticReport");
  expect_named<Device>("Device");
  expect_named<Bundle>("Bundle");
  expect_named<OperationOutcome>("OperationOutcome");
  expect_named<AuditEvent>("AuditEvent");
  expect_named<Provenance>("Provenance");
}

TEST(View, is_as_small_as_an_element) {
  EXPECT_EQ(sizeof(Observation), sizeof(Element));
  EXPECT_EQ(sizeof(List<Coding>), sizeof(Element));
}

TEST(View, is_what_the_generator_writes_from_the_definition_tables) {
  const char* source = std::getenv("VARDE_SOURCE");
  const std::string command =
      "python3 '" + std::string(source ? source : ".") + "/fhir-model/view/generate.py' --check 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), part.size(), pipe)) output += part.data();
  EXPECT_EQ(::pclose(pipe), 0) << output;
}

}  // namespace
}  // namespace varde::fhir::view
