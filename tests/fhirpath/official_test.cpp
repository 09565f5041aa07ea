// Holds us to the official FHIRPath test suite for R4 (tests-fhir-r4.xml of FHIR/fhir-test-cases).
// Known failures, each with its reason, stand in official_known_failures.txt: a change in either direction fails.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <xercesc/dom/DOM.hpp>
#include <xercesc/parsers/XercesDOMParser.hpp>
#include <xercesc/util/PlatformUtils.hpp>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/json/json.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhirpath {
namespace {

namespace fs = std::filesystem;
namespace xc = xercesc;

struct Output {
  std::string type, text;
};
struct Case {
  std::string name, input, expression;
  bool must_fail = false, predicate = false;
  std::vector<Output> outputs = {};
};

std::string from_env(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

fs::path source() { return from_env("VARDE_SOURCE", "."); }
fs::path archive() {
  return fs::path(from_env("VARDE_REFERENCE", (source() / "../shared").string())) /
         "fhir/fhirpath-patch-graphql.tar.xz";
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string utf8(const XMLCh* text) {
  if (!text) return {};
  char* copy = xc::XMLString::transcode(text);
  std::string out = copy;
  xc::XMLString::release(&copy);
  return out;
}

std::string attribute(const xc::DOMElement& element, const char* name) {
  XMLCh* wide = xc::XMLString::transcode(name);
  std::string out = utf8(element.getAttribute(wide));
  xc::XMLString::release(&wide);
  return out;
}

Case case_of(const xc::DOMElement& element) {
  Case out{attribute(element, "name"), attribute(element, "inputfile"), {}};
  out.predicate = attribute(element, "predicate") == "true";
  for (auto* child = element.getFirstElementChild(); child; child = child->getNextElementSibling()) {
    const std::string tag = utf8(child->getTagName());
    if (tag == "expression") {
      out.expression = utf8(child->getTextContent());
      out.must_fail = !attribute(*child, "invalid").empty();
    } else if (tag == "output") {
      out.outputs.push_back({attribute(*child, "type"), utf8(child->getTextContent())});
    }
  }
  return out;
}

std::vector<Case> read_cases(const fs::path& file) {
  xc::XercesDOMParser parser;
  parser.parse(file.c_str());
  std::vector<Case> cases;
  auto* root = parser.getDocument()->getDocumentElement();
  for (auto* group = root->getFirstElementChild(); group; group = group->getNextElementSibling())
    for (auto* test = group->getFirstElementChild(); test; test = test->getNextElementSibling())
      if (utf8(test->getTagName()) == "test") cases.push_back(case_of(*test));
  return cases;
}

std::string_view type_name(const Item& item) {
  return item.element() ? item.type_info().name : fhir_name(item.system_type());
}

/// Dates stand behind an @ in the suite.
std::string plain(std::string text) {
  if (text.starts_with("@T")) return text.substr(2);
  return text.starts_with('@') ? text.substr(1) : text;
}

/// Empty when the case passes; else what came instead.
class Suite {
 public:
  explicit Suite(fs::path inputs) : inputs_(std::move(inputs)) {}

  std::string run(const Case& c) {
    const auto expression = compile(c.expression);
    if (!expression) return c.must_fail ? "" : expression.error().diagnostics;
    const Element context = c.input.empty() ? Element{} : input(c.input);
    if (context)
      if (const auto checked = check(*expression, context.type()); !checked)
        return c.must_fail ? "" : checked.error().diagnostics;
    const auto result = evaluate(*expression, context);
    if (!result) return c.must_fail ? "" : result.error().diagnostics;
    if (c.must_fail) return "no failure, but " + std::to_string(result->size()) + " items";
    return c.predicate ? difference({Item(!result->empty())}, c.outputs) : difference(*result, c.outputs);
  }

 private:
  static std::string difference(const Collection& items, const std::vector<Output>& outputs) {
    std::string found;
    bool same = items.size() == outputs.size();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string text = items[i].text().value_or("");
      found += (i ? ", " : "") + std::string(type_name(items[i])) + " " + text;
      if (!same) continue;
      const bool type_fits = outputs[i].type.empty() || outputs[i].type == type_name(items[i]);
      same = type_fits && text == plain(outputs[i].text);
    }
    return same ? "" : "gives {" + found + "}";
  }

  Element input(const std::string& name) {
    auto known = trees_.find(name);
    if (known == trees_.end()) {
      const fs::path path = fs::exists(inputs_ / name) ? inputs_ / name : inputs_ / "examples" / name;
      const std::string text = read(path);
      auto tree = path.extension() == ".xml" ? fhir::parse_xml(text, {}, fhir::XmlOrder::any) : fhir::parse_json(text);
      if (!tree) throw std::runtime_error(name + ": " + tree.error().diagnostics + " " + tree.error().expression);
      known = trees_.emplace(name, std::move(*tree)).first;
    }
    return known->second.root();
  }

  fs::path inputs_;
  std::map<std::string, fhir::Tree> trees_;
};

/// "name: reason" lines.
std::map<std::string, std::string> known_failures() {
  std::map<std::string, std::string> out;
  std::ifstream in(source() / "tests/fhirpath/official_known_failures.txt");
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(": ");
    if (!line.starts_with('#') && colon != line.npos) out[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return out;
}

TEST(OfficialFhirPathSuite, passes_all_cases_but_those_that_are_listed_with_a_reason) {
  if (!fs::exists(archive()))
    GTEST_SKIP() << "the official suite is not here: " << archive() << " (set VARDE_REFERENCE)";
  const fs::path folder = fs::temp_directory_path() / ("varde-fhirpath-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const std::string unpack = "tar -xJf '" + archive().string() + "' -C '" + folder.string() + "' fhirpath inputs";
  ASSERT_EQ(std::system(unpack.c_str()), 0) << unpack;
  xc::XMLPlatformUtils::Initialize();

  const auto cases = read_cases(folder / "fhirpath/tests-fhir-r4.xml");
  Suite suite(folder / "inputs");
  auto known = known_failures();
  std::size_t passed = 0, listed = 0;
  for (const Case& c : cases) {
    const std::string problem = suite.run(c);
    passed += problem.empty();
    const bool is_listed = known.contains(c.name);
    listed += is_listed;
    EXPECT_EQ(problem.empty(), !is_listed) << c.name << ": " << c.expression << "\n  " << problem;
  }
  std::cout << "official FHIRPath suite: " << passed << " of " << cases.size() << " pass, " << listed << " listed\n";
  EXPECT_GE(cases.size(), 935u);
  EXPECT_GE(static_cast<double>(passed), 0.98 * static_cast<double>(cases.size()));
  xc::XMLPlatformUtils::Terminate();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace varde::fhirpath
