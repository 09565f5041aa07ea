// Holds us to FHIRPath Patch beyond its official cases: https://hl7.org/fhir/R4/fhirpatch.html
#include "fhir-model/patch/fhirpath_patch.h"

#include <gtest/gtest.h>

#include "fhir-model/json/json.h"

namespace varde::fhir {
namespace {

constexpr std::string_view kObservation =
    R"({"resourceType":"Observation","id":"o1","status":"final","category":[{"text":"a"},{"text":"b"},{"text":"c"}],)"
    R"("code":{"text":"BP"},"valueQuantity":{"value":1.50,"unit":"kg"},)"
    R"("component":[{"code":{"text":"s"},"valueString":"x"}]})";

/// Parameters of operations, each the JSON of its parts.
std::string parameters(const std::vector<std::string>& operations) {
  std::string out = R"({"resourceType":"Parameters","parameter":[)";
  for (std::size_t i = 0; i < operations.size(); ++i)
    out += std::string(i ? "," : "") + R"({"name":"operation","part":[)" + operations[i] + "]}";
  return out + "]}";
}

std::string part(std::string_view name, std::string_view content) {
  return R"({"name":")" + std::string(name) + "\"," + std::string(content) + "}";
}
std::string quoted(std::string_view text) {
  std::string out;
  write_json_string(text, out);
  return out;
}
std::string type_and_path(std::string_view type, std::string_view path) {
  return part("type", "\"valueCode\":" + quoted(type)) + "," + part("path", "\"valueString\":" + quoted(path));
}
std::string add(std::string_view path, std::string_view name, std::string_view content) {
  return type_and_path("add", path) + "," + part("name", "\"valueString\":" + quoted(name)) + "," +
         part("value", content);
}
std::string replace(std::string_view path, std::string_view content) {
  return type_and_path("replace", path) + "," + part("value", content);
}
std::string insert(std::string_view path, int index, std::string_view content) {
  return type_and_path("insert", path) + "," + part("index", "\"valueInteger\":" + std::to_string(index)) + "," +
         part("value", content);
}
std::string move(std::string_view path, int source, int destination) {
  return type_and_path("move", path) + "," + part("source", "\"valueInteger\":" + std::to_string(source)) + "," +
         part("destination", "\"valueInteger\":" + std::to_string(destination));
}
std::string remove(std::string_view path) { return type_and_path("delete", path); }

Result<Tree> patched(std::string_view resource, const std::string& patch, const PatchLimits& limits = {}) {
  const auto tree = parse_json(resource);
  auto read = parse_json(patch);
  if (!tree || !read) throw std::logic_error((tree ? read : tree).error().diagnostics);
  auto result = FhirPathPatch::parse(std::move(*read), limits).and_then([&](const FhirPathPatch& p) {
    return p.apply(tree->root());
  });
  EXPECT_EQ(to_json(tree->root()), to_json(parse_json(resource)->root())) << "the resource given was changed";
  return result;
}

std::string outcome(const std::vector<std::string>& operations, std::string_view resource = kObservation,
                    const PatchLimits& limits = {}) {
  const auto result = patched(resource, parameters(operations), limits);
  if (result) return to_json(result->root());
  const Failure& failure = result.error();
  return std::string(row_of(failure.fault).name) + " " + failure.expression + ": " + failure.diagnostics;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return at == text.npos ? text : text.replace(at, what.size(), with);
}
bool says(const std::string& text, std::string_view words) { return text.find(words) != text.npos; }

const std::string kUnchanged(kObservation);

TEST(FhirPathPatch, replaces_a_choice_by_another_of_its_types) {
  EXPECT_EQ(outcome({replace("Observation.value", R"("valueString":"heavy")")}),
            replaced(kUnchanged, R"("valueQuantity":{"value":1.50,"unit":"kg"})", R"("valueString":"heavy")"));
  EXPECT_TRUE(says(outcome({replace("Observation.value", R"("valueAddress":{"text":"x"})")}),
                   "patch-not-applicable Parameters.parameter[0].part[2]: "));
}

TEST(FhirPathPatch, adds_a_choice_by_its_base_name_and_by_the_name_of_the_alternative) {
  const std::string wanted =
      replaced(kUnchanged, R"("code":{"text":"BP"},)", R"("code":{"text":"BP"},"effectiveDateTime":"2024-01-01",)");
  for (const auto name : {"effective", "effective[x]", "effectiveDateTime"})
    EXPECT_EQ(outcome({add("Observation", name, R"("valueDateTime":"2024-01-01")")}), wanted) << name;
  EXPECT_TRUE(says(outcome({add("Observation", "value", R"("valueString":"x")")}), "there already"));
  EXPECT_TRUE(says(outcome({add("Observation", "value", R"("valueQuantity":{"value":2})")}), "there already"));
}

TEST(FhirPathPatch, keeps_decimals_to_the_letter) {
  EXPECT_EQ(outcome({replace("Observation.value.value", R"("valueDecimal":1.500)")}),
            replaced(kUnchanged, "1.50", "1.500"));
  EXPECT_TRUE(says(outcome({remove("Observation.category[0]")}), "\"value\":1.50"));
}

TEST(FhirPathPatch, builds_nested_elements_out_of_parts) {
  const auto content = R"("part":[{"name":"code","valueCodeableConcept":{"text":"d"}},{"name":"value","valueInteger":7},
    {"name":"referenceRange","part":[{"name":"low","valueQuantity":{"value":1}},{"name":"text","valueString":"r"}]},
    {"name":"interpretation","valueCodeableConcept":{"text":"i1"}},{"name":"interpretation","valueCodeableConcept":{"text":"i2"}}])";
  EXPECT_TRUE(says(
      outcome({add("Observation", "component", content)}),
      R"({"code":{"text":"d"},"valueInteger":7,"interpretation":[{"text":"i1"},{"text":"i2"}],"referenceRange":[{"low":{"value":1},"text":"r"}]})"))
      << outcome({add("Observation", "component", content)});
}

TEST(FhirPathPatch, brings_resources_and_primitives_with_extensions) {
  EXPECT_TRUE(says(
      outcome({add("Observation", "contained", R"("resource":{"resourceType":"Patient","id":"p","active":true})")}),
      R"("contained":[{"resourceType":"Patient","id":"p","active":true}])"));
  EXPECT_TRUE(says(outcome({replace("Observation.status", R"("valueCode":"amended","_valueCode":{"id":"s1"})")}),
                   R"("status":"amended","_status":{"id":"s1"})"));
  EXPECT_TRUE(
      says(outcome({add("Observation", "subject", R"("resource":{"resourceType":"Patient"})")}), "not a resource"));
  EXPECT_TRUE(says(outcome({add("Observation", "contained", R"("valueString":"x")")}), "needs a resource"));
}

TEST(FhirPathPatch, refuses_a_value_of_the_wrong_type) {
  for (const auto content : {R"("valueBoolean":true)", R"("valueInteger":1)", R"("valueCoding":{"code":"x"})"})
    EXPECT_TRUE(says(outcome({replace("Observation.status", content)}),
                     "patch-not-applicable Parameters.parameter[0].part[2]: The element takes a value of type code"))
        << content;
  EXPECT_TRUE(
      says(outcome({replace("Observation.value.value", R"("valueString":"1.5")")}), "takes a value of type decimal"));
  EXPECT_TRUE(
      says(outcome({replace("Observation.status", R"("part":[{"name":"id","valueString":"x"}])")}), "not parts"));
}

TEST(FhirPathPatch, takes_what_every_code_decimal_and_date_time_can_be_written_as) {
  EXPECT_TRUE(says(outcome({replace("Observation.status", R"("valueString":"amended")")}), R"("status":"amended")"));
  EXPECT_TRUE(says(outcome({replace("Observation.value.value", R"("valueInteger":2)")}), R"("value":2)"));
  EXPECT_TRUE(
      says(outcome({add("Observation", "issued", R"("valueDate":"2024-01-01")")}), "takes a value of type instant"));
  EXPECT_TRUE(says(outcome({add("Observation", "effectiveDateTime", R"("valueDate":"2024-01-01")")}),
                   R"("effectiveDateTime":"2024-01-01")"));
}

TEST(FhirPathPatch, needs_a_path_to_one_element) {
  EXPECT_TRUE(says(outcome({replace("Observation.category", R"("valueCodeableConcept":{"text":"d"})")}),
                   "leads to 3 elements"));
  EXPECT_TRUE(says(outcome({remove("Observation.category")}), "leads to 3 elements; one can be deleted"));
  EXPECT_TRUE(says(outcome({add("Observation.subject", "display", R"("valueString":"x")")}), "nothing at this path"));
  EXPECT_TRUE(
      says(outcome({replace("Observation.status & 'x'", R"("valueCode":"amended")")}), "no element of the resource"));
  EXPECT_EQ(outcome({remove("Observation.subject")}), kUnchanged);
  EXPECT_TRUE(says(outcome({remove("Observation")}), "cannot delete the whole resource"));
  EXPECT_TRUE(says(outcome({replace("Observation", R"("resource":{"resourceType":"Observation"})")}),
                   "cannot replace the whole"));
}

TEST(FhirPathPatch, follows_paths_with_functions) {
  EXPECT_EQ(outcome({remove("Observation.category.where(text = 'b')")}), replaced(kUnchanged, R"({"text":"b"},)", ""));
  EXPECT_EQ(outcome({remove("category.last()")}), replaced(kUnchanged, R"(,{"text":"c"})", ""));
  EXPECT_EQ(outcome({replace("Observation.component[0].value", R"("valueString":"y")")}),
            replaced(kUnchanged, R"("valueString":"x")", R"("valueString":"y")"));
}

TEST(FhirPathPatch, inserts_at_every_index_of_a_list_and_not_beyond) {
  const auto at = [](int index) {
    return outcome({insert("Observation.category", index, R"("valueCodeableConcept":{"text":"n"})")});
  };
  EXPECT_TRUE(says(at(0), R"([{"text":"n"},{"text":"a"},{"text":"b"},{"text":"c"}])"));
  EXPECT_TRUE(says(at(2), R"([{"text":"a"},{"text":"b"},{"text":"n"},{"text":"c"}])"));
  EXPECT_TRUE(says(at(3), R"([{"text":"a"},{"text":"b"},{"text":"c"},{"text":"n"}])"));
  EXPECT_TRUE(says(at(4), "an index below 4"));
  EXPECT_TRUE(says(at(-1), "patch-malformed Parameters.parameter[0].part[2]"));
  EXPECT_TRUE(says(outcome({insert("Observation.category[1]", 0, R"("valueCodeableConcept":{"text":"n"})")}),
                   "all elements of one list"));
  EXPECT_TRUE(
      says(outcome({insert("Observation.code", 0, R"("valueCodeableConcept":{"text":"n"})")}), "does not repeat"));
}

TEST(FhirPathPatch, inserts_the_first_of_a_list_at_0_only) {
  EXPECT_TRUE(
      says(outcome({insert("Observation.note", 0, R"("valueAnnotation":{"text":"n"})")}), R"("note":[{"text":"n"}])"));
  EXPECT_TRUE(says(outcome({insert("Observation.note", 1, R"("valueAnnotation":{"text":"n"})")}), "an index below 1"));
  EXPECT_TRUE(
      says(outcome({insert("Observation.subject", 0, R"("valueReference":{"display":"n"})")}), "must lead to a list"));
}

TEST(FhirPathPatch, moves_within_a_list) {
  EXPECT_TRUE(says(outcome({move("Observation.category", 0, 2)}), R"([{"text":"b"},{"text":"c"},{"text":"a"}])"));
  EXPECT_TRUE(says(outcome({move("Observation.category", 2, 1)}), R"([{"text":"a"},{"text":"c"},{"text":"b"}])"));
  EXPECT_EQ(outcome({move("Observation.category", 1, 1)}), kUnchanged);
  EXPECT_TRUE(says(outcome({move("Observation.category", 0, 3)}), "an index below 3"));
  EXPECT_TRUE(says(outcome({move("Observation.category", 3, 0)}), "an index below 3"));
  EXPECT_TRUE(says(outcome({move("Observation.note", 0, 0)}), "nothing at this path"));
}

TEST(FhirPathPatch, applies_operations_to_what_the_earlier_ones_left) {
  EXPECT_EQ(
      outcome({remove("Observation.category[0]"), remove("Observation.category[0]"), remove("Observation.category[0]"),
               add("Observation", "category", R"("valueCodeableConcept":{"text":"z"})")}),
      replaced(kUnchanged, R"([{"text":"a"},{"text":"b"},{"text":"c"}])", R"([{"text":"z"}])"));
}

TEST(FhirPathPatch, lets_go_of_elements_that_deleting_emptied) {
  EXPECT_EQ(outcome({remove("Observation.component[0].code.text"), remove("Observation.component[0].value")}),
            replaced(kUnchanged, R"(,"component":[{"code":{"text":"s"},"valueString":"x"}])", ""));
}

TEST(FhirPathPatch, changes_nothing_when_a_later_operation_fails) {
  EXPECT_TRUE(says(outcome({remove("Observation.category[0]"),
                            replace("Observation.subject", R"("valueReference":{"display":"x"})")}),
                   "patch-not-applicable Parameters.parameter[1].part[1]"));
}

TEST(FhirPathPatch, cannot_make_another_resource_of_it) {
  EXPECT_TRUE(says(outcome({replace("Observation.id", R"("valueId":"o2")")}), "id-mismatch Observation.id"));
  EXPECT_TRUE(says(outcome({remove("Observation.id")}), "id-mismatch Observation.id"));
}

TEST(FhirPathPatch, refuses_what_is_no_patch) {
  const auto malformed = [](const std::vector<std::string>& operations) {
    const auto said = outcome(operations);
    EXPECT_TRUE(says(said, "patch-malformed Parameters.parameter[0]")) << said;
  };
  malformed({type_and_path("upsert", "Observation")});
  malformed({type_and_path("add", "Observation")});
  malformed({type_and_path("replace", "Observation.status")});
  malformed({type_and_path("insert", "Observation.category") + "," + part("value", R"("valueString":"x")")});
  malformed({part("type", R"("valueCode":"delete")")});
  malformed({remove("Observation.status") + "," + part("colour", R"("valueString":"x")")});
  malformed({remove("Observation.status") + "," + part("path", R"("valueString":"x")")});
  malformed({remove("Observation.where(")});
  malformed({remove("")});
  malformed({add("Observation", "note", R"("valueAnnotation":{"text":"n"},"resource":{"resourceType":"Patient"})")});
  EXPECT_TRUE(says(outcome({add("Observation", "nickname", R"("valueString":"x")")}), "has no element of that name"));
  const auto other =
      patched(kObservation, R"({"resourceType":"Parameters","parameter":[{"name":"x","valueString":"y"}]})");
  EXPECT_EQ(other.error().fault, Fault::patch_malformed);
  const auto basic = patched(kObservation, R"({"resourceType":"Basic","id":"x"})");
  EXPECT_EQ(basic.error().fault, Fault::patch_malformed);
}

TEST(FhirPathPatch, never_repeats_a_path_or_a_value) {
  for (const auto path :
       {"Observation.category.where(text = '01010112345').text", "Observation.category.where(text='01010112345'"}) {
    const auto said = outcome({replace(path, R"("valueString":"01010112345")")});
    EXPECT_TRUE(says(said, "patch-")) << said;
    EXPECT_FALSE(says(said, "01010112345")) << said;
  }
}

TEST(FhirPathPatch, cannot_reach_resources_outside) {
  const auto resource = replaced(kUnchanged, R"("code":)", R"("subject":{"reference":"Patient/1"},"code":)");
  EXPECT_TRUE(says(outcome({replace("Observation.subject.resolve().active", R"("valueBoolean":true)")}, resource),
                   "nothing at this path"));
}

TEST(FhirPathPatchLimits, operations_depth_and_work) {
  EXPECT_TRUE(says(outcome({remove("Observation.note"), remove("Observation.note")}, kObservation, {.operations = 1}),
                   "too-large"));
  std::vector<std::string> deeper;
  for (int i = 0; i < 60; ++i)
    deeper.push_back(add(i ? "Observation.repeat(extension).last()" : "Observation", "extension",
                         R"("part":[{"name":"url","valueUri":"urn:x"}])"));
  EXPECT_TRUE(says(outcome(deeper), "too-deep Parameters.parameter[49]")) << outcome(deeper);
  std::string wide = "descendants()";
  for (int i = 0; i < 5; ++i) wide += ".select(%resource.descendants())";
  EXPECT_TRUE(says(outcome({remove(wide + ".where(false)")}, kObservation, {.steps = 1000}), "too much work"));
}

}  // namespace
}  // namespace varde::fhir
