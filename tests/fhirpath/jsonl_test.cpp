// Holds us to the lines of `varde fhirpath --jsonl`, as jsonl.h promises them.
#include "fhir-model/fhirpath/jsonl.h"

#include <gtest/gtest.h>

namespace varde::fhirpath {
namespace {

constexpr std::string_view kPatient =
    R"({"resourceType":"Patient","id":"1","active":true,"name":[{"family":"Å \"x\"","given":["A","B"]}],"multipleBirthInteger":2})";

std::string line(std::string_view expression, std::string_view resource = kPatient) {
  return fhirpath_line(
      std::string(R"({ "resource" : )").append(resource).append(R"(, "expression":")").append(expression) + "\"}");
}

TEST(JsonLines, answer_with_types_and_values) {
  EXPECT_EQ(line("name.given"), R"({"result":[{"type":"string","value":"A"},{"type":"string","value":"B"}]})");
  EXPECT_EQ(line("active | multipleBirth"),
            R"({"result":[{"type":"boolean","value":true},{"type":"integer","value":2}]})");
  EXPECT_EQ(
      line("1.50 | @2024-05 | 'a' | 5 'mg'"),
      R"({"result":[{"type":"decimal","value":1.50},{"type":"date","value":"2024-05"},{"type":"string","value":"a"},{"type":"Quantity","value":"5 'mg'"}]})");
  EXPECT_EQ(line("name"), R"({"result":[{"type":"HumanName","value":{"family":"Å \"x\"","given":["A","B"]}}]})");
  EXPECT_EQ(line("id"), R"({"result":[{"type":"id","value":"1"}]})");
  EXPECT_EQ(line("contact"), R"({"result":[]})");
  EXPECT_EQ(line("true.type()"), R"({"result":[{"type":"TypeInfo","value":{"namespace":"System","name":"Boolean"}}]})");
}

TEST(JsonLines, need_no_resource_for_an_expression_without_data) {
  EXPECT_EQ(fhirpath_line(R"({"expression":"1 + 1"})"), R"({"result":[{"type":"integer","value":2}]})");
  EXPECT_EQ(fhirpath_line(R"({"expression":"1 + 1","resource":null})"), R"({"result":[{"type":"integer","value":2}]})");
}

TEST(JsonLines, read_files_in_json_and_xml_through_the_caller) {
  const ReadFile files = [](const std::string& path) -> Result<std::string> {
    if (path == "a.xml") return R"(<Patient xmlns="http://hl7.org/fhir"><id value="x"/></Patient>)";
    if (path == "a.json") return std::string(kPatient);
    return fail(Fault::not_found, "There is no such file.");
  };
  EXPECT_EQ(fhirpath_line(R"({"resource":"a.xml","expression":"id"})", files),
            R"({"result":[{"type":"id","value":"x"}]})");
  EXPECT_EQ(fhirpath_line(R"({"resource":"a.json","expression":"multipleBirth + 1"})", files),
            R"({"result":[{"type":"integer","value":3}]})");
  EXPECT_EQ(fhirpath_line(R"({"resource":"b","expression":"id"})", files), R"({"error":"There is no such file."})");
}

TEST(JsonLines, answer_errors_in_the_place_of_results) {
  EXPECT_EQ(line("name.given1"),
            R"({"error":"FHIRPath: HumanName has no element given1 in FHIR R4, at character 6."})");
  EXPECT_EQ(fhirpath_line(R"({"expression":1})"), R"({"error":"A line needs \"expression\", a string."})");
  EXPECT_EQ(fhirpath_line("nonsense").substr(0, 10), R"({"error":")");
  EXPECT_EQ(fhirpath_line("").substr(0, 10), R"({"error":")");
  EXPECT_EQ(line("id", R"({"resourceType":"Patient","nme":1})").substr(0, 10), R"({"error":")");
}

TEST(JsonLines, find_the_resource_between_other_members_and_brackets_in_texts) {
  EXPECT_EQ(
      fhirpath_line(
          R"({"x":["}",{"y":"\"]"}],"resource":{"resourceType":"Patient","id":"}\u0041"},"z":-1.5,"expression":"id"})"),
      R"({"result":[{"type":"id","value":"}A"}]})");
}

}  // namespace
}  // namespace varde::fhirpath
