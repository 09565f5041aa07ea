// Holds us to: an import that is killed goes on where it was, and no line is stored twice (server/bulk/README.md).
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "fhir-model/json/json.h"
#include "tests/durability/support/server.h"

namespace {

namespace fs = std::filesystem;
using namespace varde::test;

constexpr int kPatients = 1'000, kReadings = 20'000, kKills = 8;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "varde-import-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

void write_files(const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream patients(folder / "Patient.ndjson"), readings(folder / "Observation.ndjson");
  for (int i = 0; i < kPatients; ++i) patients << R"({"resourceType":"Patient","id":"p)" << i << "\"}\n";
  for (int i = 0; i < kReadings; ++i)
    readings
        << R"({"resourceType":"Observation","status":"final","identifier":[{"value":"r)" << i
        << R"("}],"code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient/p)"
        << i % kPatients << R"("},"effectiveDateTime":"2026-11-20T08:00:00Z","valueQuantity":{"value":9)" << i % 9
        << R"(,"system":"http://unitsofmeasure.org","code":"%"}})"
        << "\n";
}

TEST(Import, that_is_killed_at_random_points_stores_every_line_once) {
  const Folder folder;
  write_files(folder.path / "in");
  const std::vector<std::string> words{"import",   (folder.path / "in").string(),
                                       "--data",   (folder.path / "data").string(),
                                       "--errors", (folder.path / "errors").string()};
  std::mt19937 random(20261126);
  int killed = 0;
  for (int i = 0; i < kKills; ++i) {
    Child import(words, folder.path / "log");
    std::this_thread::sleep_for(std::chrono::milliseconds(60 + random() % 300));
    killed += import.runs();
    import.kill();
  }
  EXPECT_GT(killed, 2) << "it was done before it could be killed: make the file longer";
  Child last(words, folder.path / "log");
  ASSERT_EQ(last.wait(), 0);

  Child out({"export", (folder.path / "out").string(), "--data", (folder.path / "data").string()}, folder.path / "log");
  ASSERT_EQ(out.wait(), 0);
  std::map<std::string, int> seen;
  std::ifstream lines(folder.path / "out" / "Observation.ndjson");
  for (std::string line; std::getline(lines, line);) {
    const auto tree = varde::fhir::parse_json(line);
    ASSERT_TRUE(tree);
    ++seen[std::string(tree->root()["identifier"]["value"].value())];
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kReadings));
  for (const auto& [reading, times] : seen) ASSERT_EQ(times, 1) << reading;
  std::ifstream patients(folder.path / "out" / "Patient.ndjson");
  int count = 0;
  for (std::string line; std::getline(patients, line); ++count)
    ASSERT_NE(line.find(R"("versionId":"1")"), std::string::npos) << line;
  EXPECT_EQ(count, kPatients);
}

}  // namespace
