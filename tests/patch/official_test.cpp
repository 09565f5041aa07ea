// Holds us to the official cases of JSON Patch (RFC 6902's appendix) and FHIRPath Patch (FHIR/fhir-test-cases), as
// given.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "fhir-model/json/json.h"
#include "fhir-model/patch/fhirpath_patch.h"
#include "fhir-model/patch/json_patch.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhir {
namespace {

namespace fs = std::filesystem;

std::string from_env(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

class OfficialPatchCases : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path archive = fs::path(from_env("VARDE_REFERENCE", from_env("VARDE_SOURCE", ".") + "/../shared")) /
                             "fhir/fhirpath-patch-graphql.tar.xz";
    if (!fs::exists(archive))
      GTEST_SKIP() << "the official cases are not here: " << archive << " (set VARDE_REFERENCE)";
    folder_ = fs::temp_directory_path() / ("varde-patch-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    const std::string unpack = "tar -xJf '" + archive.string() + "' -C '" + folder_.string() + "' patch";
    ASSERT_EQ(std::system(unpack.c_str()), 0) << unpack;
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }
  std::string read(const char* name) const {
    std::ifstream in(folder_ / "patch" / name, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

 private:
  fs::path folder_;
};

std::string written(const patch::Value& value) {
  std::string out;
  patch::write(value, out);
  return out;
}

/// What is wrong; empty when the case passes.
std::string run_json_case(const patch::Value& c) {
  const auto member = [&](std::string_view name) -> const patch::Value* {
    const auto at = c.find(name);
    return at ? &c.items[*at] : nullptr;
  };
  const auto result = JsonPatch::parse(written(*member("patch"))).and_then([&](const JsonPatch& read) {
    return read.apply(*member("doc"));
  });
  if (member("error")) return result ? "no failure" : "";
  if (!result) return result.error().diagnostics;
  return patch::equal(*result, *member("expected")) ? "" : "gives " + written(*result);
}

TEST_F(OfficialPatchCases, of_json_patch_all_give_what_they_should) {
  const auto cases = patch::read(read("json-patch-tests.json"), {100, 100'000});
  ASSERT_TRUE(cases) << cases.error().diagnostics;
  for (const patch::Value& c : cases->items) EXPECT_EQ(run_json_case(c), "") << c.items[*c.find("comment")].text;
  EXPECT_EQ(cases->items.size(), 16u);
}

/// What stands between <tag...> and </tag>; nullopt when there is no such element.
std::optional<std::string> inside(const std::string& xml, const std::string& tag) {
  const auto open = xml.find("<" + tag + ">"), close = xml.find("</" + tag + ">");
  if (open == xml.npos || close == xml.npos) return std::nullopt;
  return xml.substr(open + tag.size() + 2, close - open - tag.size() - 2);
}

/// The narrative is XML as it was written; &quot; in its text says the same as the character.
std::string without_quot(std::string json) {
  for (auto at = json.find("&quot;"); at != json.npos; at = json.find("&quot;", at)) json.replace(at, 6, "\\\"");
  return json;
}

Result<Tree> parsed(const std::optional<std::string>& xml) { return parse_xml(xml.value_or("")); }

std::string run_fhirpath_case(const std::string& c) {
  auto input = parsed(inside(c, "input")), diff = parsed(inside(c, "diff"));
  if (!input) return "input: " + input.error().diagnostics;
  if (!diff) return "diff: " + diff.error().diagnostics;
  const std::string before = to_json(input->root());
  const auto result = FhirPathPatch::parse(std::move(*diff)).and_then([&](const FhirPathPatch& read) {
    return read.apply(input->root());
  });
  if (to_json(input->root()) != before) return "the input itself was changed";
  if (c.find("<error ") != c.npos) return result ? "no failure, but " + to_json(result->root()) : "";
  if (!result) return result.error().diagnostics + " " + result.error().expression;
  const auto output = parsed(inside(c, "output"));
  if (!output) return "output: " + output.error().diagnostics;
  const std::string got = without_quot(to_json(result->root())), wanted = without_quot(to_json(output->root()));
  return got == wanted ? "" : "gives\n" + got + "\n, not\n" + wanted;
}

TEST_F(OfficialPatchCases, of_fhirpath_patch_all_give_what_they_should) {
  const std::string all = read("fhir-patch-tests.xml");
  std::size_t count = 0;
  for (auto at = all.find("<case "); at != all.npos; ++count) {
    const auto end = all.find("</case>", at);
    const std::string c = all.substr(at, end - at);
    EXPECT_EQ(run_fhirpath_case(c), "") << c.substr(0, c.find('>'));
    at = all.find("<case ", end);
  }
  EXPECT_EQ(count, 33u);
}

}  // namespace
}  // namespace varde::fhir
