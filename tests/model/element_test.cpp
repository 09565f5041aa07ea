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
