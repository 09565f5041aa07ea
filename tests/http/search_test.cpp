/// Searches through the real server: https://hl7.org/fhir/R4/search.html
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

namespace fs = std::filesystem;

fs::path reference(const std::string& name) {
  const char* set = std::getenv("VARDE_REFERENCE");
  const char* source = std::getenv("VARDE_SOURCE");
  const fs::path root = source ? fs::path(source) : fs::current_path();
  return (set ? fs::path(set) : root / ".." / "shared") / name;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string text_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string path_of(const std::string& url) { return url.substr(std::string("http://varde.test").size()); }

std::string observation(int minute, const std::string& patient = "p") {
  char time[40];
  std::snprintf(time, sizeof time, "2026-03-%02dT%02d:%02d:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60);
  return R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/)" +
         patient + R"("},"effectiveDateTime":")" + time + R"("})";
}

TEST(ReferenceSearches, of_tokens_numbers_and_quantities_find_what_they_should) {
  const fs::path file = reference("fhir/search-cases.json");
  if (!fs::exists(file)) GTEST_SKIP() << "no reference data at " << file << "; set VARDE_REFERENCE";
  rapidjson::Document groups;
  groups.Parse(read_file(file).c_str());
  std::size_t held = 0;
  for (const auto& group : groups.GetArray()) {
    World world;
    std::vector<std::string> ids;
    for (const auto& fixture : group["fixtures"].GetArray()) {
      const std::string resource = replaced(text_of(fixture), "{TAG}", "t1");
      const Answer answer = world.post(std::string("/fhir/") + fixture["resourceType"].GetString(), resource);
      ASSERT_EQ(answer.status, 201) << answer.body;
      ids.push_back(text_at(answer.body, "id"));
    }
    for (const auto& one : group["cases"].GetArray()) {
      const std::string query = replaced(replaced(one["q"].GetString(), "{TAG}", "t1"), "|", "%7C");
      const Answer answer = world.get("/fhir/" + query + "&_count=100");
      std::set<std::string> expected, found;
      for (const auto& index : one["expect"].GetArray()) expected.insert(ids[index.GetUint()]);
      for (const std::string& id : match_ids(answer.body)) found.insert(id);
      EXPECT_EQ(found, expected) << query << "\n" << answer.body;
      ++held;
    }
  }
  EXPECT_GT(held, 180u);
}

TEST(Synthea, bundles_are_taken_in_and_found_again) {
  const fs::path archive = reference("fhir/synthea-bundles.tar.xz");
  if (!fs::exists(archive)) GTEST_SKIP() << "no reference data at " << archive << "; set VARDE_REFERENCE";
  World world;
  const fs::path out = world.directory / "synthea";
  fs::create_directories(out);
  const std::string unpack =
      "cd " + out.string() + " && tar -xJf " + fs::absolute(archive).string() + " --strip-components=1";
  ASSERT_EQ(std::system(unpack.c_str()), 0);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(out)) files.push_back(entry.path());
  std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return fs::file_size(a) < fs::file_size(b); });
  std::size_t taken = 0, observations = 0;
  for (const fs::path& file : files) {
    if (taken == 3) break;
    const std::string bundle = read_file(file);
    const Answer answer = world.post("/fhir", bundle);
    ASSERT_EQ(answer.status, 200) << file.filename() << answer.body.substr(0, 600);
    ASSERT_EQ(size_at(answer.body, "entry"), size_at(bundle, "entry"));
    for (std::size_t i = 0; i < size_at(bundle, "entry"); ++i)
      observations += text_at(bundle, "entry[" + std::to_string(i) + "].resource.resourceType") == "Observation";
    ++taken;
  }
  ASSERT_EQ(taken, 3u);
  EXPECT_EQ(text_at(world.get("/fhir/Patient?_summary=count").body, "total"), "3");
  EXPECT_EQ(text_at(world.get("/fhir/Observation?_summary=count").body, "total"), std::to_string(observations));
}

TEST(Pages, neither_repeat_nor_skip_while_others_write) {
  World world;
  std::set<std::string> before;
  for (int i = 0; i < 60; ++i) before.insert(text_at(world.post("/fhir/Observation", observation(i * 10)).body, "id"));
  std::atomic<bool> enough = false;
  std::jthread writer([&] {
    for (int i = 0; !enough; ++i) world.post("/fhir/Observation", observation(i * 10 + 5));
  });
  for (const std::string sort : {"", "&_sort=-date", "&_sort=date", "&_sort=_lastUpdated"}) {
    std::set<std::string> seen;
    std::string next = "/fhir/Observation?patient=p&_count=7" + sort;
    while (!next.empty() && seen.size() < 5000) {
      const Answer page = world.get(next);
      ASSERT_EQ(page.status, 200) << page.body;
      for (const std::string& id : match_ids(page.body)) EXPECT_TRUE(seen.insert(id).second) << "twice: " << id << sort;
      const std::string link_text = link(page.body, "next");
      next = link_text.empty() ? "" : path_of(link_text);
      if (seen.size() > 300) enough = true;
    }
    for (const std::string& id : before) EXPECT_TRUE(seen.contains(id)) << "skipped: " << id << sort;
  }
  enough = true;
}

TEST(Pages, go_on_after_a_restart) {
  World world;
  for (int i = 0; i < 5; ++i) world.post("/fhir/Observation", observation(i));
  const Answer first = world.get("/fhir/Observation?_sort=date&_count=2");
  ASSERT_EQ(match_ids(first.body).size(), 2u);
  world.restart();
  const Answer second = world.get(path_of(link(first.body, "next")));
  EXPECT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(text_at(second.body, "entry[0].resource.effectiveDateTime"), "2026-03-01T00:02:00Z");
}

TEST(Pages, of_a_post_search_show_no_identity_number) {
  World world;
  for (int i = 0; i < 3; ++i)
    world.post(
        "/fhir/Patient",
        R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13894700003"}]})");
  const Answer page =
      world.ask("POST", "/fhir/Patient/_search", {{"Content-Type", "application/x-www-form-urlencoded"}},
                "identifier=13894700003&_count=2");
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(link(page.body, "next").find("13894700003"), std::string::npos);
  EXPECT_EQ(link(page.body, "self").find("13894700003"), std::string::npos);
  EXPECT_EQ(match_ids(world.get(path_of(link(page.body, "next"))).body).size(), 1u);
}

TEST(Searches, for_a_patient_that_many_share_find_only_that_patient) {
  World world;
  for (int i = 0; i < 400; ++i) world.post("/fhir/Observation", observation(i, i % 2 ? "odd" : "even"));
  const Answer all = world.get("/fhir/Observation?patient=odd&code=http://loinc.org%7C8867-4&_summary=count");
  EXPECT_EQ(text_at(all.body, "total"), "200");
  std::string next = "/fhir/Observation?patient=odd&code=8867-4&date=ge2026-03-01T01:00Z&_sort=-date&_count=50";
  std::string last = "9999";
  std::size_t count = 0;
  while (!next.empty()) {
    const Answer page = world.get(next);
    for (std::size_t i = 0; i < size_at(page.body, "entry"); ++i, ++count) {
      const std::string at = text_at(page.body, "entry[" + std::to_string(i) + "].resource.effectiveDateTime");
      EXPECT_LT(at, last);
      last = at;
    }
    const std::string link_text = link(page.body, "next");
    next = link_text.empty() ? "" : path_of(link_text);
  }
  EXPECT_EQ(count, 170u);
}

}  // namespace
}  // namespace varde::test
