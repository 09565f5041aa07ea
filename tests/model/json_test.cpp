// Holds us to https://hl7.org/fhir/R4/json.html
#include "fhir-model/json/json.h"

#include <gtest/gtest.h>

namespace varde::fhir {
namespace {

std::string round_trip(std::string_view text) {
  auto tree = parse_json(text);
  return tree ? to_json(tree->root()) : "failed: " + tree.error().diagnostics + " " + tree.error().expression;
}

Failure refusal(std::string_view text) {
  auto tree = parse_json(text);
  if (tree) ADD_FAILURE() << "accepted: " << text;
  return tree ? Failure{} : tree.error();
}

TEST(Json, keeps_decimals_to_the_letter) {
  for (const std::string literal :
       {"1.00", "0.10", "-0.0", "1e2", "1.0E-5", "3.14159265358979323846264338327950", "120"}) {
    const auto text = R"({"resourceType":"Observation","valueQuantity":{"value":)" + literal + "}}";
    EXPECT_EQ(round_trip(text), text);
  }
}

TEST(Json, keeps_text_to_the_letter) {
  const std::string text = R"({"resourceType":"Patient","name":[{"family":"Ås \"Bær\"\\ \n\u0001 \uD83D\uDE00"}]})";
  EXPECT_EQ(round_trip(text), R"({"resourceType":"Patient","name":[{"family":"Ås \"Bær\"\\ \n\u0001 😀"}]})");
}

TEST(Json, pairs_primitives_with_their_extensions_whichever_comes_first) {
  const std::string text =
      R"({"resourceType":"Patient","name":[{"given":["Kari",null,"Ola"],"_given":[null,{"extension":[{"url":"u","valueCode":"x"}]},{"id":"a"}]}],)"
      R"("_birthDate":{"id":"b"}})";
  EXPECT_EQ(round_trip(text), text);
  EXPECT_EQ(round_trip(R"({"resourceType":"Patient","_birthDate":{"id":"b"},"birthDate":"1950-01-02"})"),
            R"({"resourceType":"Patient","birthDate":"1950-01-02","_birthDate":{"id":"b"}})");
}

TEST(Json, keeps_the_places_of_extensions_that_go_on_after_the_values_though_others_stand_between) {
  EXPECT_EQ(
      round_trip(R"({"resourceType":"Patient","name":[{"given":["a"],"family":"b","_given":[null,null,{"id":"x"}]}]})"),
      R"({"resourceType":"Patient","name":[{"given":["a",null,null],"_given":[null,null,{"id":"x"}],"family":"b"}]})");
  EXPECT_EQ(round_trip(R"({"resourceType":"Patient","name":[{"_given":[{"id":"x"}],"given":[null,"b"]}]})"),
            R"({"resourceType":"Patient","name":[{"given":[null,"b"],"_given":[{"id":"x"},null]}]})");
}

TEST(Json, finds_the_resource_type_wherever_it_stands) {
  EXPECT_EQ(round_trip(R"({"id":"1","contained":[{"id":"c","resourceType":"Patient"}],"resourceType":"Observation"})"),
            R"({"resourceType":"Observation","id":"1","contained":[{"resourceType":"Patient","id":"c"}]})");
}

TEST(Json, reports_every_unknown_element_with_its_place) {
  const auto failure = refusal(
      "{\"resourceType\":\"Observation\",\n \"statsu\":\"final\",\n \"code\":{\"coding\":[{\"codes\":\"1\"}]}}");
  EXPECT_EQ(failure.fault, Fault::element_unknown);
  EXPECT_EQ(failure.expression, "Observation.statsu");
  EXPECT_NE(failure.diagnostics.find("line 2, column 2"), std::string::npos) << failure.diagnostics;
  ASSERT_EQ(failure.also.size(), 1u);
  EXPECT_EQ(failure.also[0].expression, "Observation.code.coding[0].codes");
}

TEST(Json, refuses_a_member_that_stands_twice) {
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","id":"1","id":"2"})").fault, Fault::duplicate_key);
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","resourceType":"Patient"})").fault, Fault::duplicate_key);
}

TEST(Json, refuses_what_has_the_wrong_shape) {
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","name":{"family":"A"}})").fault, Fault::cardinality);
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","gender":["male"]})").fault, Fault::cardinality);
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","active":"true"})").fault, Fault::value_malformed);
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","gender":null})").fault, Fault::value_malformed);
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","name":[]})").fault, Fault::value_malformed);
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","maritalStatus":{}})").fault, Fault::value_malformed);
  EXPECT_EQ(refusal(R"({"resourceType":"Observation","valueQuantity":{"value":"1"}})").fault, Fault::value_malformed);
  EXPECT_EQ(refusal(R"({"resourceType":"Bundle","entry":[{"resource":{"id":"1"}}]})").fault, Fault::value_malformed);
}

TEST(Json, refuses_what_is_not_json) {
  EXPECT_EQ(refusal("").fault, Fault::not_well_formed);
  EXPECT_EQ(refusal("[]").fault, Fault::not_well_formed);
  EXPECT_EQ(refusal(R"({"resourceType":"Patient"} x)").fault, Fault::not_well_formed);
  EXPECT_EQ(refusal(std::string_view("{\"resourceType\":\"Patient\"}\0x", 28)).fault, Fault::not_well_formed);
  EXPECT_EQ(refusal("{\"resourceType\":\"Patient\",\"id\":\"\xff\"}").fault, Fault::encoding_invalid);
  EXPECT_EQ(refusal(R"({"resourceType":"Patient","id":"\uDC00"})").fault, Fault::encoding_invalid);
  EXPECT_EQ(refusal(R"({"resourceType":"Nobody"})").fault, Fault::type_unknown);
}

TEST(Json, refuses_nesting_bombs_at_once) {
  EXPECT_EQ(refusal(std::string(2'000'000, '[')).fault, Fault::too_deep);
  std::string bomb = R"({"resourceType":"Patient","extension":)";
  for (int i = 0; i < 200; ++i) bomb += R"([{"url":"u","extension":)";
  EXPECT_EQ(refusal(bomb).fault, Fault::too_deep);
}

TEST(Json, prints_for_people_what_parses_to_the_same) {
  const std::string text = R"({"resourceType":"Patient","name":[{"family":"A: {[,\"]}"}],"active":true})";
  auto tree = parse_json(text);
  ASSERT_TRUE(tree);
  EXPECT_EQ(round_trip(to_pretty_json(tree->root())), text);
}

}  // namespace
}  // namespace varde::fhir
