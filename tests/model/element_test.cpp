// Holds us to https://hl7.org/fhir/R4/element.html
#include "fhir-model/element/element.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "fhir-model/json/json.h"

namespace varde::fhir {
namespace {

TEST(Element, says_its_place_as_a_fhirpath_with_indexes) {
  auto tree = parse_json(R"({"resourceType":"Observation","component":[{},{"valueQuantity":{"code":"%"}}]})");
  EXPECT_FALSE(tree);  // an empty object is refused
  tree = parse_json(R"({"resourceType":"Observation","component":[{"id":"a"},{"valueQuantity":{"code":"%"}}]})");
  ASSERT_TRUE(tree);
  const Element second = tree->root().at("component", 1);
  EXPECT_EQ(second.choice("value")["code"].path(), "Observation.component[1].valueQuantity.code");
  EXPECT_EQ(second["nothing"]["at"]["all"].value(), "");
  EXPECT_FALSE(second["nothing"]["at"]["all"]);
}

TEST(Editor, puts_new_children_in_definition_order) {
  Tree tree = Tree::of("Observation");
  Editor root = tree.edit();
  root.add("code").set("text", "puls");
  root.set("status", "final");
  root.add("category").set("text", "b");
  root.set("id", "1");
  root.ensure("category").set("text", "c");
  root.add("category").set("text", "d");
  EXPECT_EQ(
      to_json(root),
      R"({"resourceType":"Observation","id":"1","status":"final","category":[{"text":"c"},{"text":"d"}],"code":{"text":"puls"}})");
  root.remove("category");
  root.remove("code");
  root.add("code").set("text", "ny");
  EXPECT_EQ(to_json(root), R"({"resourceType":"Observation","id":"1","status":"final","code":{"text":"ny"}})");
}

TEST(Editor, adds_by_a_row_what_it_adds_by_a_name) {
  const TypeId quantity = find_type("Quantity");
  const ElementRow *value = find_element(quantity, "value"), *unit = find_element(quantity, "unit");
  Tree tree = Tree::of("Observation");
  Editor range = tree.edit().add(*find_element(tree.root().type(), "referenceRange"));
  Editor low = range.add(*find_element(range.type(), "low"));
  low.add(*unit, "%");
  low.add(*value, "90.0");
  EXPECT_EQ(to_json(tree.root()),
            R"({"resourceType":"Observation","referenceRange":[{"low":{"value":90.0,"unit":"%"}}]})");
  EXPECT_THROW(range.add(*value, "1"), std::logic_error) << "the row of another type";
}

TEST(Definitions, find_every_element_by_its_name_and_no_other) {
  std::size_t found = 0;
  for (std::size_t type = 0; type < types().size(); ++type)
    for (const ElementRow& row : elements_of(static_cast<TypeId>(type))) {
      EXPECT_EQ(find_element(static_cast<TypeId>(type), row.name), &row) << types()[type].name << "." << row.name;
      EXPECT_EQ(find_element(static_cast<TypeId>(type), std::string(row.name) + "x"), nullptr);
      ++found;
    }
  EXPECT_EQ(found, elements().size());
  EXPECT_EQ(find_element(find_type("Patient"), ""), nullptr);
  EXPECT_EQ(find_element(find_type("Patient"), "status"), nullptr);
}

TEST(Tree, needs_little_memory_beside_its_text) {
  for (
      const std::string_view text :
      {R"({"resourceType":"Observation","id":"b-0001","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"59408-5"}]},"valueQuantity":{"value":94,"unit":"%"}})",
       R"({"resourceType":"Patient","name":[{"family":"A","given":["B","C","D"]}],"active":true,"telecom":[{"rank":1}]})"}) {
    auto tree = parse_json(text);
    ASSERT_TRUE(tree);
    EXPECT_LE(tree->memory_bytes(), 6 * text.size());
    tree->edit().set("id", "changed");
    EXPECT_LE(tree->memory_bytes(), 8 * text.size()) << "one more value";
  }
}

TEST(Editor, refuses_a_name_the_type_does_not_have) {
  Tree tree = Tree::of("Patient");
  EXPECT_THROW(tree.edit().add("nmae"), std::logic_error);
}

TEST(Tree, copies_a_resource_out_of_a_bundle) {
  auto bundle = parse_json(
      R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}],"_active":{"id":"x"}}}]})");
  ASSERT_TRUE(bundle);
  const Tree patient = Tree::copy_of(bundle->root()["entry"]["resource"]);
  EXPECT_EQ(
      to_json(patient.root()),
      R"({"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}],"_active":{"id":"x"}})");
  Tree other = Tree::of("Bundle");
  other.edit().add("entry").add_copy("resource", patient.root());
  EXPECT_EQ(to_json(other.root()),
            R"({"resourceType":"Bundle","entry":[{"resource":)" + to_json(patient.root()) + "}]}");
}

}  // namespace
}  // namespace varde::fhir
