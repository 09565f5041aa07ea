// Holds us to the validator cases of FHIR/fhir-test-cases (those that need no terminology server): what should have
// errors and what should have none. Known differences, each with its reason, stand in known_differences.txt: a
// change in either direction fails.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>

#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhir {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string name, file;
  bool base_only;
  std::optional<int> errors;  ///< how many the reference validator finds; nothing where it is not said
  std::vector<std::string> supporting, profiles;
};

std::string from_env(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}
fs::path source() { return from_env("VARDE_SOURCE", "."); }
fs::path archive() {
  return fs::path(from_env("VARDE_REFERENCE", (source() / "../shared").string())) / "fhir/validator-cases.tar.xz";
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> names(const rapidjson::Value& list) {
  std::vector<std::string> out;
  if (list.IsArray())
    for (const auto& each : list.GetArray()) out.emplace_back(each.GetString());
  return out;
}

std::vector<Case> read_cases(const fs::path& file) {
  rapidjson::Document document;
  document.Parse(read(file).c_str());
  std::vector<Case> out;
  for (const auto& each : document.GetArray()) {
    Case c{each["name"].GetString(), each["file"].GetString(), each["base_spec_only"].GetBool(), {}, {}, {}};
    if (each["expect_errors"].IsInt()) c.errors = each["expect_errors"].GetInt();
    c.supporting = names(each["supporting"]);
    c.profiles = names(each["profiles"]);
    out.push_back(std::move(c));
  }
  return out;
}

Result<Tree> parsed(const fs::path& file) {
  const std::string text = read(file);
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first != std::string::npos && text[first] == '<' ? parse_xml(text) : parse_json(text);
}

/// The errors that we find in the case's resource.
std::vector<Failure> validate_case(const Case& c, const fs::path& folder) {
  const auto tree = parsed(folder / c.file);
  if (!tree) return {tree.error()};
  Profiles known;
  for (const auto* list : {&c.supporting, &c.profiles})
    for (const std::string& name : *list)
      if (auto definition = parsed(folder / name); definition && known.add(std::move(*definition))) continue;
  return validate(tree->root(), known, {.vital_signs = true});
}

/// Some definitions that cases speak of are not in the archive; without them a case says nothing about us.
bool is_whole(const Case& c, const fs::path& folder) {
  const auto is_there = [&](const std::string& name) { return fs::exists(folder / name); };
  return is_there(c.file) && std::ranges::all_of(c.supporting, is_there) && std::ranges::all_of(c.profiles, is_there);
}

struct Difference {
  std::string kind, reason;
};

/// "kind name: reason" lines, where kind is
///   outside  an error that only outside content could tell (a terminology server, a package): not in the score;
///   missed   an error that we do not find;
///   alarm    an error that we find and the reference validator does not.
std::map<std::string, Difference> known_differences() {
  std::map<std::string, Difference> out;
  std::ifstream in(source() / "tests/validator/known_differences.txt");
  for (std::string line; std::getline(in, line);) {
    const auto space = line.find(' '), colon = line.find(": ");
    if (line.starts_with('#') || colon == std::string::npos) continue;
    out[line.substr(space + 1, colon - space - 1)] = {line.substr(0, space), line.substr(colon + 2)};
  }
  return out;
}

struct Score {
  int wrong = 0, of = 0;
  bool within_a_tenth() const { return wrong * 10 <= of; }
};
std::ostream& operator<<(std::ostream& out, const Score& score) { return out << score.wrong << " of " << score.of; }

class ValidatorCases : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(archive()))
      GTEST_SKIP() << "the validator cases are not here: " << archive() << " (set VARDE_REFERENCE)";
    folder_ = fs::temp_directory_path() / ("varde-validator-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    const std::string unpack = "tar -xJf '" + archive().string() + "' -C '" + folder_.string() + "'";
    ASSERT_EQ(std::system(unpack.c_str()), 0) << unpack;
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  /// Compares the cases that `wanted` picks, and holds both kinds of mistakes to a tenth.
  template <class Wanted>
  void score(Wanted wanted, std::size_t at_least) {
    const auto known = known_differences();
    Score missed, alarms;
    std::size_t outside = 0;
    std::size_t seen = 0;
    for (const Case& c : read_cases(folder_ / "validator/cases.json")) {
      if (!wanted(c) || !c.errors || !is_whole(c, folder_ / "validator")) continue;
      ++seen;
      const auto listed = known.find(c.name);
      const std::string kind = listed == known.end() ? "" : listed->second.kind;
      const std::vector<Failure> found = validate_case(c, folder_ / "validator");
      const bool differs = found.empty() == (*c.errors > 0);
      EXPECT_EQ(differs, kind != "") << c.name << " (" << c.file << ") should have " << *c.errors << " errors; we find "
                                     << found.size() << (found.empty() ? "" : ": " + found[0].expression + " ")
                                     << (found.empty() ? "" : found[0].diagnostics);
      if (differs && kind != "") {
        EXPECT_EQ(kind == "alarm", *c.errors == 0) << c.name;
      }
      if (kind == "outside") {
        ++outside;
        continue;
      }
      Score& side = *c.errors > 0 ? missed : alarms;
      ++side.of;
      side.wrong += differs;
    }
    std::cout << "missed errors: " << missed << ", false alarms: " << alarms << ", not in the score: " << outside
              << "\n";
    EXPECT_TRUE(missed.within_a_tenth()) << missed;
    EXPECT_TRUE(alarms.within_a_tenth()) << alarms;
    EXPECT_GE(seen, at_least);
  }

  fs::path folder_;
};

TEST_F(ValidatorCases, are_told_right_in_nine_of_ten) {
  score([](const Case&) { return true; }, 190);
}

}  // namespace
}  // namespace varde::fhir
