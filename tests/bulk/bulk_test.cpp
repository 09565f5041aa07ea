/// Files in and out: server/bulk. A World is a store with the follow-up wired, as in tests/followup.
#include <gmock/gmock.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "fhir-model/json/json.h"
#include "server/bulk/export.h"
#include "server/bulk/import.h"
#include "server/bulk/lines.h"
#include "server/interaction/interactions.h"
#include "server/storage/beside.h"
#include "server/storage/imports.h"
#include "tests/followup/world.h"

namespace varde::bulk::test {
namespace {

namespace fs = std::filesystem;
using followup::test::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Bulk : public ::testing::Test {
 protected:
  Bulk() : routes({interaction::interactions().begin(), interaction::interactions().end()}) {
    std::string name = (fs::temp_directory_path() / "varde-bulk-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    folder = name;
    key = search::CursorKey::in_directory(world.directory());
    context.emplace(interaction::Context{world.store(), *key, profiles});
    dispatcher.emplace(world.repository(), *context, routes);
  }
  ~Bulk() override { fs::remove_all(folder); }

  fs::path write(const std::string& name, std::string_view text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }
  ImportCount import(const fs::path& file, bool again = false) {
    refused.clear();
    ImportOptions options;
    options.again = again, options.longest = 10'000;
    options.refused = [&](std::uint64_t line, const Failure& failure) {
      refused.push_back(std::to_string(line) + " " + failure.diagnostics);
    };
    return import_file(file, world.repository(), *dispatcher, "http://localhost/fhir", options);
  }
  std::string version_of(std::string_view type, const std::string& id) {
    return std::string(world.read(type, id).root()["meta"]["versionId"].value());
  }
  static std::string observation(const std::string& id, const std::string& value) {
    return R"({"resourceType":"Observation","id":")" + id +
           R"(","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},)"
           R"("subject":{"reference":"Patient/kari"},"effectiveDateTime":"2026-11-20T08:00:00Z",)"
           R"("valueQuantity":{"value":)" +
           value + R"(,"system":"http://unitsofmeasure.org","code":"%"}})";
  }

  World world;
  fs::path folder;
  fhir::Profiles profiles;
  std::optional<search::CursorKey> key;
  std::optional<interaction::Context> context;
  interaction::Routes routes;
  std::optional<interaction::Dispatcher> dispatcher;
  std::vector<std::string> refused;
};

TEST_F(Bulk, lines_are_stored_under_their_ids_and_what_is_wrong_is_told_by_its_line) {
  const auto file =
      write("mixed.ndjson", R"({"resourceType":"Patient","id":"kari"})"
                            "\n\nno resource\n"
                            R"({"resourceType":"Patient","id":"per","birthDate":"yesterday"})"
                            "\r\n" +
                                observation("o1", "91") + "\n" + R"({"resourceType":"Basic","code":{"text":"x"}})");
  const auto count = import(file);
  EXPECT_EQ(count.stored, 3u);
  EXPECT_EQ(count.refused, 2u);
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_THAT(refused[0], HasSubstr("3 "));
  EXPECT_THAT(refused[1], HasSubstr("4 "));
  EXPECT_EQ(version_of("Patient", "kari"), "1");
  EXPECT_EQ(world.all("Basic").size(), 1u) << "what has no id gets one";
  EXPECT_EQ(world.measurements("kari", "http://loinc.org|2708-6").size(), 1u) << "judged and kept as by HTTP";
}

TEST_F(Bulk, a_line_that_the_writer_refuses_takes_none_of_its_neighbours_along) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += R"({"resourceType":"Patient","id":"p)" + std::to_string(i) + "\"}\n";
  const std::string number = R"("identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}])";
  text += R"({"resourceType":"Patient","id":"first",)" + number + "}\n";
  text += R"({"resourceType":"Patient","id":"second",)" + number + "}\n";
  for (int i = 200; i < 400; ++i) text += R"({"resourceType":"Patient","id":"p)" + std::to_string(i) + "\"}\n";
  const auto count = import(write("patients.ndjson", text));
  EXPECT_EQ(count.stored, 401u);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_THAT(refused[0], HasSubstr("202 "));
  for (const auto* id : {"p0", "p199", "first", "p200", "p399"}) EXPECT_EQ(version_of("Patient", id), "1") << id;
}

TEST_F(Bulk, a_file_is_imported_once_unless_asked_for_again) {
  const auto file = write("a.ndjson", R"({"resourceType":"Patient","id":"kari"})");
  EXPECT_EQ(import(file).stored, 1u);
  const auto second = import(file);
  EXPECT_EQ(second.stored, 0u);
  EXPECT_EQ(second.before, 1u);
  EXPECT_EQ(import(file, true).stored, 1u);
  EXPECT_EQ(version_of("Patient", "kari"), "2");
  write("a.ndjson", R"({"resourceType":"Patient","id":"kari","active":true})");
  EXPECT_EQ(import(file).stored, 1u) << "another file of the same name";
}

TEST_F(Bulk, what_was_broken_off_goes_on_behind_the_last_line_that_is_stored) {
  const auto file = write("a.ndjson", R"({"resourceType":"Patient","id":"a"})"
                                      "\n"
                                      R"({"resourceType":"Patient","id":"b"})");
  world.act([&](interaction::Act& act) -> Result<void> {
    storage::imports::put(act.transaction(), identity_of(file), {1});
    return {};
  });
  EXPECT_EQ(import(file).stored, 1u);
  EXPECT_EQ(version_of("Patient", "b"), "1");
  EXPECT_THROW(version_of("Patient", "a"), std::exception);
}

TEST_F(Bulk, packed_files_are_read_and_one_that_was_cut_off_says_so) {
  const fs::path file = folder / "a.ndjson.gz";
  std::string text;
  for (int i = 0; i < 3000; ++i) text += R"({"resourceType":"Patient","id":"p)" + std::to_string(i) + "\"}\n";
  gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  EXPECT_EQ(import(file).stored, 3000u);
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_THROW(import(file), std::runtime_error);
}

TEST_F(Bulk, a_line_that_is_too_long_is_refused_and_the_next_is_read) {
  const auto file =
      write("a.ndjson", R"({"resourceType":"Patient","id":"long","name":[{"text":")" + std::string(20'000, 'x') +
                            "\"}]}\n" + R"({"resourceType":"Patient","id":"kari"})");
  EXPECT_EQ(import(file).stored, 1u);
  EXPECT_THAT(refused, ElementsAre("1 This line is longer than a resource may be."));
}

TEST_F(Bulk, bundles_are_done_and_resources_stored) {
  EXPECT_EQ(import(write("t.json", R"({"resourceType":"Bundle","type":"transaction","entry":[
    {"fullUrl":"urn:uuid:9b1c4ba1-1c0c-4d0a-8a39-0d5c2ff9d7a1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},
    {"resource":{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"urn:uuid:9b1c4ba1-1c0c-4d0a-8a39-0d5c2ff9d7a1"}},"request":{"method":"POST","url":"Basic"}}]})"))
                .stored,
            2u);
  EXPECT_THAT(std::string(world.all("Basic").at(0).root()["subject"]["reference"].value()), HasSubstr("Patient/"));
  EXPECT_EQ(import(write("p.xml", R"(<Patient xmlns="http://hl7.org/fhir"><id value="xml"/></Patient>)")).stored, 1u);
  EXPECT_EQ(version_of("Patient", "xml"), "1");
  EXPECT_EQ(import(write("bad.json", "{\"resourceType\":\"Patient\",")).refused, 1u);
  EXPECT_EQ(refused.size(), 1u);
}

TEST_F(Bulk, a_folder_comes_with_those_first_whom_others_point_to) {
  for (const auto* name :
       {"Observation.ndjson", "Patient.000.ndjson", "notes.txt", "Organization.ndjson.gz", "bundle.json"})
    write(name, "");
  std::vector<std::string> names;
  for (const auto& file : resource_files(folder)) names.push_back(file.filename());
  EXPECT_THAT(names, ElementsAre("Organization.ndjson.gz", "Patient.000.ndjson", "Observation.ndjson", "bundle.json"));
  EXPECT_THROW(resource_files(folder / "nothing"), std::runtime_error);
}

TEST_F(Bulk, what_is_exported_comes_back_as_it_was) {
  world.create(R"({"resourceType":"Patient","name":[{"family":"Prøve\nlinje"}]})", "kari");
  world.create(observation("o1", "91.50"), "o1");
  world.create(R"({"resourceType":"Basic","code":{"text":"x"}})", "gone");
  world.remove("Basic", "gone");
  const auto store_to = [&](const fs::path& out, const std::set<std::string>& types) {
    return world.repository().read([&](const interaction::View& view) {
      return export_to(out, view, types, [](std::uint64_t, std::uint64_t) {});
    });
  };
  EXPECT_GE(store_to(folder / "out", {}).resources, 2u);
  EXPECT_FALSE(fs::exists(folder / "out" / "Basic.ndjson")) << "what is deleted is not there";
  EXPECT_EQ(fs::status(folder / "out" / "Patient.ndjson").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_THROW(store_to(folder / "out", {}), fs::filesystem_error) << "nothing is written over";
  EXPECT_EQ(store_to(folder / "patients", {"Patient"}).resources, 1u);

  World other;
  const interaction::Context there{other.store(), *key, profiles};
  interaction::Context mutable_there = there;
  const interaction::Dispatcher to(other.repository(), mutable_there, routes);
  for (const auto& file : resource_files(folder / "out"))
    EXPECT_EQ(import_file(file, other.repository(), to, "", {}).refused, 0u) << file;
  EXPECT_EQ(other.read("Patient", "kari").root()["name"]["family"].value(), "Prøve\nlinje");
  EXPECT_EQ(other.read("Observation", "o1").root()["valueQuantity"]["value"].value(), "91.50");
  EXPECT_EQ(other.measurements("kari", "http://loinc.org|2708-6").size(), 1u);
}

}  // namespace
}  // namespace varde::bulk::test
