/// Profiles, slices and extensions as text: every file below tests/profile/cases. See tests/profile/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"

namespace varde::fhir {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string title, file, resource;
  Asked asked;
  std::vector<std::string> expected;
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.file << ": " << one.title; }

/// One "===" paragraph as a StructureDefinition's JSON.
class Definition {
 public:
  explicit Definition(const std::string& heading) {
    std::istringstream words(heading);
    std::string mark;
    words >> mark >> kind_ >> url_;
    if (kind_ == "extension") type_ = "Extension";
    if (type_.empty()) words >> type_;
    if (!(words >> base_)) base_ = "http://hl7.org/fhir/StructureDefinition/" + type_;
  }
  void line(const std::string& text) {
    std::istringstream words(text);
    std::string first, kind;
    words >> first;
    std::string rest;
    if (first == "context") {
      words >> kind >> std::ws;
      std::getline(words, rest);
      contexts_ += (contexts_.empty() ? "" : ",") + ("{\"type\":\"" + kind + "\",\"expression\":\"" + rest + "\"}");
    } else if (first == "invariant") {
      std::getline(words >> std::ws, rest);
      invariants_ += (invariants_.empty() ? "\"" : ",\"") + rest + "\"";
    } else if (!text.empty()) {
      elements_ += (elements_.empty() ? "" : ",") + text;
    }
  }
  std::string json() const {
    std::string out =
        R"({"resourceType":"StructureDefinition","name":"T","status":"draft","abstract":false,"kind":"resource",)";
    out += "\"url\":\"" + url_ + "\",\"type\":\"" + type_ + "\",\"baseDefinition\":\"" + base_ +
           "\",\"derivation\":\"constraint\"";
    if (!contexts_.empty()) out += ",\"context\":[" + contexts_ + "]";
    if (!invariants_.empty()) out += ",\"contextInvariant\":[" + invariants_ + "]";
    const std::string list = kind_ == "snapshot" ? "snapshot" : "differential";
    return elements_.empty() ? out + "}" : out + ",\"" + list + "\":{\"element\":[" + elements_ + "]}}";
  }

 private:
  std::string kind_, url_, type_, base_, elements_, contexts_, invariants_;
};

struct File {
  std::vector<std::string> definitions;
  std::vector<Case> cases;
};

File read(const fs::path& path) {
  std::ifstream in(path);
  File out;
  std::optional<Definition> open;
  bool after_rule = false;
  const auto close = [&] {
    if (open) out.definitions.push_back(open->json());
    open.reset();
  };
  for (std::string line; std::getline(in, line);) {
    if (line == "=== resource") {
      close();
      std::getline(in, line);
      out.definitions.push_back(line);
    } else if (line.starts_with("===")) {
      close();
      open.emplace(line);
    } else if (line.starts_with("### ")) {
      close();
      after_rule = false;
      out.cases.push_back({line.substr(4), path.filename().string(), {}, {}, {}});
    } else if (open) {
      open->line(line);
    } else if (line == "----") {
      after_rule = true;
    } else if (after_rule && !line.empty() && line != "ok") {
      out.cases.back().expected.push_back(line);
    } else if (!after_rule && line.starts_with("profile ")) {
      out.cases.back().asked.profiles.push_back(line.substr(8));
    } else if (!after_rule && line == "vital signs") {
      out.cases.back().asked.vital_signs = true;
    } else if (!after_rule && !out.cases.empty()) {
      out.cases.back().resource += line + "\n";
    }
  }
  close();
  return out;
}

fs::path folder() {
  const char* source = std::getenv("VARDE_SOURCE");
  return (source ? fs::path(source) : fs::current_path()) / "tests/profile/cases";
}

const std::map<std::string, File>& files() {
  static const auto kFiles = [] {
    std::map<std::string, File> out;
    for (const auto& entry : fs::directory_iterator(folder())) out.emplace(entry.path().filename(), read(entry.path()));
    return out;
  }();
  return kFiles;
}

std::vector<Case> all() {
  std::vector<Case> out;
  for (const auto& [name, file] : files()) out.insert(out.end(), file.cases.begin(), file.cases.end());
  return out;
}

std::string line_of(const Failure& failure) {
  return (failure.severity == Severity::error ? "" : "warning ") + failure.expression + " ~ " + failure.diagnostics;
}

class ProfileCase : public testing::TestWithParam<Case> {};

TEST_P(ProfileCase, finds_what_it_must) {
  const Case& one = GetParam();
  Profiles known;
  for (const std::string& definition : files().at(one.file).definitions) {
    auto tree = parse_json(definition);
    ASSERT_TRUE(tree) << tree.error().diagnostics << "\n" << definition;
    ASSERT_TRUE(known.add(std::move(*tree)));
  }
  auto resource = parse_json(one.resource);
  ASSERT_TRUE(resource) << resource.error().diagnostics << " " << resource.error().expression;
  std::vector<std::string> found;
  for (const Failure& failure : validate(resource->root(), known, one.asked, Report::everything))
    if (failure.severity == Severity::error || failure.diagnostics.find("profile") != std::string::npos)
      found.push_back(line_of(failure));
  std::string listed;
  for (const std::string& line : found) listed += "\n  " + line;
  ASSERT_EQ(found.size(), one.expected.size()) << listed;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t rule = one.expected[i].find(" ~ ");
    EXPECT_EQ(found[i].substr(0, found[i].find(" ~ ")), one.expected[i].substr(0, rule)) << listed;
    EXPECT_NE(found[i].find(one.expected[i].substr(rule + 3)), std::string::npos) << one.expected[i] << listed;
  }
}

INSTANTIATE_TEST_SUITE_P(Text, ProfileCase, testing::ValuesIn(all()), [](const auto& of) {
  std::string name = of.param.file.substr(0, of.param.file.find('.')) + "_" + of.param.title;
  std::ranges::replace_if(
      name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

}  // namespace
}  // namespace varde::fhir
