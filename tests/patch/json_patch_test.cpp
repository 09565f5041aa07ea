// Holds us to RFC 6902 and RFC 6901 on FHIR resources: https://hl7.org/fhir/R4/http.html#patch
#include "fhir-model/patch/json_patch.h"

#include <gtest/gtest.h>

#include <chrono>

#include "fhir-model/json/json.h"

namespace varde::fhir {
namespace {

constexpr std::string_view kPatient =
    R"({"resourceType":"Patient","id":"p1","contained":[{"resourceType":"Organization","id":"o","name":"Fjell"}],)"
    R"("active":true,"name":[{"family":"Nordmann","given":["Kari","Anne"],"_given":[null,{"id":"g2"}]}],)"
    R"("birthDate":"1948-02-29","_birthDate":{"extension":[{"url":"urn:x","valueDecimal":1.50}]}})";

Result<Tree> patched(std::string_view resource, std::string_view patch, const PatchLimits& limits = {}) {
  const auto tree = parse_json(resource);
  if (!tree) throw std::logic_error(tree.error().diagnostics);
  return JsonPatch::parse(patch, limits).and_then([&](const JsonPatch& read) { return read.apply(tree->root()); });
}

/// The result, or the fault's name and what was said.
std::string outcome(std::string_view patch, std::string_view resource = kPatient, const PatchLimits& limits = {}) {
  const auto result = patched(resource, patch, limits);
  if (result) return to_json(result->root());
  return std::string(row_of(result.error().fault).name) + ": " + result.error().diagnostics;
}

std::string plain(std::string_view document, std::string_view patch, const PatchLimits& limits = {}) {
  const auto result = JsonPatch::parse(patch, limits).and_then([&](const JsonPatch& read) {
    return read.apply(*patch::read(document, {100, 10'000}));
  });
  if (!result) return std::string(row_of(result.error().fault).name) + ": " + result.error().diagnostics;
  std::string out;
  patch::write(*result, out);
  return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return at == text.npos ? text : text.replace(at, what.size(), with);
}

bool says(const std::string& text, std::string_view words) { return text.find(words) != text.npos; }

const std::string kUnchanged(kPatient);

TEST(JsonPatch, that_is_empty_gives_the_same_resource) { EXPECT_EQ(outcome("[]"), kUnchanged); }

TEST(JsonPatch, keeps_decimals_and_unknown_precision_to_the_letter) {
  const std::string patch =
      R"([{"op":"replace","path":"/_birthDate/extension/0/valueDecimal","value":0.10000000000000000000000000000010}])";
  EXPECT_EQ(outcome(patch), replaced(kUnchanged, "1.50", "0.10000000000000000000000000000010"));
  EXPECT_TRUE(says(outcome(R"([{"op":"remove","path":"/active"}])"), "\"valueDecimal\":1.50"));
}

TEST(JsonPatch, reaches_companions_of_primitives_and_contained_resources) {
  EXPECT_EQ(outcome(R"([{"op":"replace","path":"/name/0/_given/1/id","value":"g3"},
                        {"op":"replace","path":"/contained/0/name","value":"Vidde"}])"),
            replaced(replaced(kUnchanged, "g2", "g3"), "Fjell", "Vidde"));
}

TEST(JsonPatch, tests_numbers_by_their_value) {
  const auto test = [](std::string_view number) {
    return outcome(R"([{"op":"test","path":"/_birthDate/extension/0/valueDecimal","value":)" + std::string(number) +
                   "}]");
  };
  for (const auto same : {"1.5", "1.50", "1.500000", "15e-1", "0.15E+1"}) EXPECT_EQ(test(same), kUnchanged) << same;
  for (const auto other : {"1.51", "-1.5", "15", "1.5e1", "1.5000000000000000000000000000000001", "\"1.50\"", "null"})
    EXPECT_TRUE(says(test(other), "patch-test-failed: patch[0] (test /_birthDate/extension/0/valueDecimal)")) << other;
}

TEST(JsonPatch, tests_zero_and_numbers_beyond_every_machine_number) {
  EXPECT_TRUE(patch::same_number("0", "-0.00"));
  EXPECT_TRUE(patch::same_number("0e5", "0"));
  EXPECT_TRUE(patch::same_number("1e400", "10e399"));
  EXPECT_TRUE(patch::same_number("100", "1e2"));
  EXPECT_FALSE(patch::same_number("1e400", "1e401"));
  EXPECT_FALSE(patch::same_number("1e99999999999999999999", "1e99999999999999999998"));
  EXPECT_TRUE(patch::same_number("1e99999999999999999999", "1e99999999999999999999"));
}

TEST(JsonPatch, tests_objects_whatever_the_order_of_their_members_and_arrays_by_order) {
  constexpr auto kDocument = R"({"a":{"x":1,"y":[1,2]}})";
  EXPECT_EQ(plain(kDocument, R"([{"op":"test","path":"/a","value":{"y":[1,2.0],"x":1}}])"), kDocument);
  EXPECT_TRUE(says(plain(kDocument, R"([{"op":"test","path":"/a","value":{"y":[2,1],"x":1}}])"), "test-failed"));
  EXPECT_TRUE(says(plain(kDocument, R"([{"op":"test","path":"/a","value":{"x":1}}])"), "test-failed"));
  EXPECT_TRUE(says(plain(kDocument, R"([{"op":"test","path":"/a","value":{"x":1,"z":[1,2]}}])"), "test-failed"));
}

TEST(JsonPatch, changes_nothing_when_a_later_operation_fails) {
  const auto before = parse_json(kPatient);
  const auto patch =
      JsonPatch::parse(R"([{"op":"remove","path":"/name"},{"op":"test","path":"/active","value":false}])");
  const auto after = patch->apply(before->root());
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().fault, Fault::patch_test_failed);
  EXPECT_TRUE(after.error().diagnostics.starts_with("patch[1] (test /active): ")) << after.error().diagnostics;
  EXPECT_EQ(to_json(before->root()), kUnchanged);
}

TEST(JsonPatch, reads_pointers_with_escapes) {
  EXPECT_EQ(plain(R"({"a/b":1,"m~n":2})", R"([{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/m~0n"}])"), "{}");
  EXPECT_EQ(plain(R"({"":{"":1}})", R"([{"op":"replace","path":"//","value":2}])"), R"({"":{"":2}})");
  for (const auto bad : {"a", "/a~", "/a~2", "name/0"})
    EXPECT_TRUE(says(plain("{}", R"([{"op":"add","path":")" + std::string(bad) + R"(","value":1}])"),
                     "patch-malformed: patch[0]: A JSON Pointer"))
        << bad;
}

TEST(JsonPatch, takes_only_plain_indexes_within_an_array) {
  const auto add = [](std::string_view index) {
    return plain("[1,2]", R"([{"op":"add","path":"/)" + std::string(index) + R"(","value":9}])");
  };
  EXPECT_EQ(add("0"), "[9,1,2]");
  EXPECT_EQ(add("2"), "[1,2,9]");
  EXPECT_EQ(add("-"), "[1,2,9]");
  for (const auto bad : {"3", "01", "-1", "+1", "1.0", "1e0", " 1", "a", "99999999999999999999"})
    EXPECT_TRUE(says(add(bad), "patch-not-applicable: patch[0] (add /")) << bad;
  EXPECT_TRUE(says(plain("[1,2]", R"([{"op":"remove","path":"/-"}])"), "has nothing at /-"));
  EXPECT_TRUE(says(plain("[1,2]", R"([{"op":"remove","path":"/2"}])"), "has nothing at /2"));
  EXPECT_TRUE(says(plain("[1,2]", R"([{"op":"add","path":"/-/a","value":1}])"), "has nothing at /-/a"));
}

TEST(JsonPatch, says_which_operation_has_no_such_place) {
  const auto said =
      outcome(R"([{"op":"test","path":"/active","value":true},{"op":"replace","path":"/name/1/family","value":"X"}])");
  EXPECT_EQ(said,
            "patch-not-applicable: patch[1] (replace /name/1/family): The resource has nothing at /name/1/family.");
  EXPECT_TRUE(says(outcome(R"([{"op":"replace","path":"/gender","value":"male"}])"), "has nothing at /gender"));
  EXPECT_TRUE(says(outcome(R"([{"op":"remove","path":"/birthDate/x"}])"), "has nothing at /birthDate/x"));
}

TEST(JsonPatch, moves_and_copies) {
  EXPECT_EQ(plain(R"({"a":[1,2,3]})", R"([{"op":"move","from":"/a/0","path":"/a/2"}])"), R"({"a":[2,3,1]})");
  EXPECT_EQ(plain(R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])"), R"({"a":1})");
  EXPECT_EQ(plain(R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/a/b"}])"), R"({"a":{"b":{"b":1}}})");
  EXPECT_EQ(plain(R"({"a":1})", R"([{"op":"copy","from":"","path":"/b"}])"), R"({"a":1,"b":{"a":1}})");
  EXPECT_EQ(plain(R"({"a":1})", R"([{"op":"move","from":"","path":""}])"), R"({"a":1})");
  EXPECT_TRUE(says(plain(R"({"a":1})", R"([{"op":"copy","from":"/b","path":"/c"}])"),
                   "patch[0] (copy /b to /c): The resource has nothing at /b."));
}

TEST(JsonPatch, refuses_to_move_a_value_into_itself) {
  EXPECT_EQ(plain(R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])"),
            "patch-malformed: patch[0]: A value cannot be moved into itself.");
  EXPECT_EQ(plain(R"({"a":1})", R"([{"op":"move","from":"","path":"/b"}])"),
            "patch-malformed: patch[0]: A value cannot be moved into itself.");
  EXPECT_EQ(plain(R"({"a":{"b":1},"ab":0})", R"([{"op":"move","from":"/a","path":"/ab"}])"), R"({"ab":{"b":1}})");
}

TEST(JsonPatch, lets_go_of_what_removing_emptied) {
  EXPECT_FALSE(says(outcome(R"([{"op":"remove","path":"/contained/0"}])"), "contained"));
  const auto no_extension = outcome(R"([{"op":"remove","path":"/_birthDate/extension/0"}])");
  EXPECT_TRUE(says(no_extension, R"("birthDate":"1948-02-29"})")) << no_extension;
  const auto no_id = outcome(R"([{"op":"remove","path":"/name/0/_given/1/id"}])");
  EXPECT_TRUE(says(no_id, R"("given":["Kari","Anne"]}])")) << no_id;
  EXPECT_TRUE(says(outcome(R"([{"op":"remove","path":"/name/0"},{"op":"add","path":"/name/-","value":{"text":"K"}}])"),
                   R"("name":[{"text":"K"}])"));
}

TEST(JsonPatch, refuses_empties_that_the_sender_adds) {
  EXPECT_TRUE(says(outcome(R"([{"op":"add","path":"/telecom","value":[]}])"), "value-malformed"));
  EXPECT_TRUE(says(outcome(R"([{"op":"add","path":"/maritalStatus","value":{}}])"), "value-malformed"));
  EXPECT_TRUE(says(
      outcome(R"([{"op":"add","path":"/telecom","value":[]},{"op":"add","path":"/telecom/-","value":{"value":"1"}}])"),
      R"("telecom":[{"value":"1"}])"));
}

TEST(JsonPatch, tells_by_name_what_is_no_fhir_and_not_by_a_position_that_nobody_has_seen) {
  const auto result = patched(kPatient, R"([{"op":"add","path":"/nickname","value":"K"}])");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, Fault::element_unknown);
  EXPECT_EQ(result.error().expression, "Patient.nickname");
  EXPECT_EQ(result.error().diagnostics, "Patient has no such element in FHIR R4.");
}

TEST(JsonPatch, cannot_make_another_resource_of_it) {
  EXPECT_TRUE(says(outcome(R"([{"op":"replace","path":"/id","value":"p2"}])"), "id-mismatch"));
  EXPECT_TRUE(says(outcome(R"([{"op":"remove","path":"/id"}])"), "id-mismatch"));
  EXPECT_TRUE(
      says(outcome(R"([{"op":"replace","path":"","value":{"resourceType":"Basic","id":"p1"}}])"), "id-mismatch"));
  EXPECT_TRUE(says(outcome(R"([{"op":"remove","path":"/resourceType"}])"), "resourceType"));
  EXPECT_TRUE(says(outcome(R"([{"op":"remove","path":""}])"), "cannot remove the whole resource"));
  EXPECT_EQ(outcome(R"([{"op":"replace","path":"","value":{"resourceType":"Patient","id":"p1"}}])"),
            R"({"resourceType":"Patient","id":"p1"})");
}

TEST(JsonPatch, refuses_what_is_no_patch) {
  for (const auto bad :
       {R"({"op":"add"})", R"(["add"])", R"([{"op":"add","path":"/a"}])", R"([{"op":"test","path":"/a"}])",
        R"([{"op":"spill","path":"/a"}])", R"([{"op":1,"path":"/a"}])", R"([{"op":"remove"}])",
        R"([{"op":"remove","path":1}])", R"([{"op":"move","path":"/a"}])", R"([{"path":"/a"}])"})
    EXPECT_TRUE(says(outcome(bad), "patch-malformed: ")) << bad << outcome(bad);
  EXPECT_TRUE(says(outcome("[{]"), "not-well-formed"));
  EXPECT_TRUE(says(outcome(R"([{"op":"remove","path":"/a","path":"/active"}])"), "duplicate-key"));
  EXPECT_TRUE(says(outcome("\"\xC3\x28\""), "encoding-invalid"));
}

TEST(JsonPatch, never_repeats_a_value) {
  const auto said = outcome(R"([{"op":"test","path":"/name/0/family","value":"Hemmelig"}])");
  EXPECT_FALSE(says(said, "Hemmelig")) << said;
  EXPECT_FALSE(says(said, "Nordmann")) << said;
}

TEST(JsonPatchLimits, ten_thousand_operations_and_not_one_more) {
  const auto many = [](std::size_t count) {
    std::string out = "[";
    for (std::size_t i = 0; i < count; ++i)
      out += std::string(i ? "," : "") + R"({"op":"replace","path":"/active","value":false})";
    return out + "]";
  };
  EXPECT_EQ(outcome(many(10'000)), replaced(kUnchanged, "true", "false"));
  EXPECT_TRUE(says(outcome(many(10'001)), "too-large: A patch has at most 10000 operations."));
}

TEST(JsonPatchLimits, a_copy_that_doubles_stops_at_the_size) {
  std::string patch = "[";
  for (int i = 0; i < 40; ++i) patch += std::string(i ? "," : "") + R"({"op":"copy","from":"/name","path":"/name/-"})";
  const auto start = std::chrono::steady_clock::now();
  const auto said = outcome(patch + "]");
  EXPECT_TRUE(says(said, "too-large") || says(said, "too-deep")) << said;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(JsonPatchLimits, a_text_that_doubles_stops_at_the_bytes) {
  std::string patch = "[";
  for (int i = 0; i < 40; ++i)
    patch += std::string(i ? "," : "") + R"({"op":"copy","from":"","path":"/)" + std::to_string(i) + "\"}";
  const PatchLimits limits{.bytes = 100'000};
  EXPECT_TRUE(says(plain(R"({"a":")" + std::string(1000, 'x') + "\"}", patch + "]", limits), "too-large"));
}

TEST(JsonPatchLimits, nesting_stops_at_the_depth) {
  std::string patch = "[", path;
  for (int i = 0; i < 200; ++i) {
    path += "/a";
    patch += std::string(i ? "," : "") + R"({"op":"add","path":")" + path + R"(","value":{}})";
  }
  EXPECT_TRUE(says(plain("{}", patch + "]"), "too-deep: patch[99] (add /a/a")) << plain("{}", patch + "]");
}

TEST(JsonPatchLimits, work_stops_at_the_steps) {
  std::string document = "[0", patch = "[";
  for (int i = 0; i < 1000; ++i) document += ",0";
  for (int i = 0; i < 100; ++i) patch += std::string(i ? "," : "") + R"({"op":"add","path":"/0","value":1})";
  EXPECT_TRUE(says(plain(document + "]", patch + "]", {.steps = 50'000}), "too much work"));
  EXPECT_FALSE(says(plain(document + "]", patch + "]"), "too much work"));
}

}  // namespace
}  // namespace varde::fhir
