// Holds us to the house's plan: which room may include which, and which rooms may know a library (README, "The house").
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string_view>;

struct Dependency {
  std::string_view room;
  Names may_include;  ///< path prefixes, besides the room itself and the standard library
};

// clang-format off
const std::vector<Dependency> kDependencies{
    {"fhir-model/",         {}},
    {"conformance/",        {}},
    {"norway/",             {"fhir-model/fault/", "fhir-model/text/", "fhir-model/time/"}},
    {"mappings/",           {"fhir-model/", "norway/", "conformance/"}},
    {"adapters/",           {"fhir-model/fault/", "fhir-model/time/"}},
    {"server/storage/",     {"fhir-model/"}},
    {"server/search/",      {"fhir-model/", "server/storage/", "server/interaction/request.h"}},
    {"server/access/",      {"fhir-model/"}},
    {"server/interaction/", {"fhir-model/", "norway/", "server/access/", "server/storage/", "server/search/"}},
    {"server/clock/",       {"fhir-model/", "server/access/", "server/storage/", "server/interaction/"}},
    {"server/followup/",    {"fhir-model/", "norway/", "conformance/", "server/access/", "server/clock/", "server/storage/", "server/interaction/"}},
    {"server/drawing/",     {"fhir-model/"}},
    {"server/operation/",   {"fhir-model/", "conformance/", "server/access/", "server/drawing/", "server/storage/", "server/search/", "server/interaction/", "server/followup/"}},
    {"server/care/",        {"fhir-model/", "norway/", "server/access/", "server/storage/", "server/interaction/", "server/operation/"}},
    {"server/audit/",       {"fhir-model/", "norway/", "server/access/", "server/storage/", "server/interaction/"}},
    {"server/messaging/",   {"fhir-model/", "norway/", "conformance/", "mappings/", "adapters/", "server/clock/", "server/storage/", "server/interaction/", "server/followup/"}},
    {"server/http/",        {"fhir-model/", "server/access/", "server/storage/", "server/search/", "server/interaction/", "server/operation/"}},
    {"server/bulk/",        {"fhir-model/", "server/storage/", "server/interaction/"}},
    {"server/demo/",        {"fhir-model/", "norway/", "mappings/", "server/interaction/", "server/followup/", "server/messaging/"}},
    {"server/",             {"fhir-model/", "norway/", "conformance/", "mappings/", "adapters/", "server/"}},   // wiring and commands
};

struct Library {
  std::string_view name;
  std::regex sign;     ///< of its use, in any line
  Names rooms;
};

const std::vector<Library> kLibraries{
    {"Poco::Net", std::regex(R"(#include [<"]Poco/Net/)"),                        {"server/http/", "server/command/", "server/demo/", "server/main.cpp"}},
    {"RapidJSON", std::regex(R"(#include [<"]rapidjson/)"),                       {"fhir-model/json/"}},
    {"Xerces",    std::regex(R"(#include [<"]xercesc/)"),                         {"fhir-model/xml/", "mappings/reader/"}},
    {"xmlsec and libxml2", std::regex(R"(#include [<"](xmlsec|libxml)/)"),        {"mappings/signature/"}},
    {"SQLite",    std::regex(R"(#include [<"]sqlite3)"),                          {"server/storage/"}},
    {"libpq",     std::regex(R"(#include [<"]libpq)"),                            {"server/storage/postgresql/"}},
    {"ICU",       std::regex(R"(#include [<"]unicode/)"),                         {"server/search/"}},
    {"Snowball",  std::regex(R"(#include [<"]libstemmer)"),                       {"server/search/"}},
    {"cairo",     std::regex(R"(#include [<"]cairo)"),                            {"server/drawing/"}},
    {"JOSE and HTTP clients", std::regex(R"(#include <(cjose|jansson|curl)[/.])"),  {"server/access/", "adapters/"}},
    {"time zones", std::regex(R"(#include [<"]date/tz\.h)"),                      {"fhir-model/time/"}},
    // Who asks, and may it: only what begins a read or a write makes a View or an Act, and it does so by a Repository.
    {"the database",   std::regex(R"(storage::Database\b)"),
     {"server/storage/", "server/interaction/repository.h", "server/interaction/reindex", "server/http/server.", "server/command/instance.cpp", "server/command/unserved.cpp"}},
    {"a Repository",   std::regex(R"(interaction::Repository\b)"),
     {"server/interaction/", "server/audit/journal.", "server/care/relations.", "server/bulk/", "server/clock/", "server/messaging/", "server/command/", "server/http/dispatch.", "server/http/server.", "server/demo/patients.", "server/operation/own_definitions."}},
    {"stored bytes by hand", std::regex(R"(parse_json\(\w+(\.|->)bytes)"), {"server/interaction/act.cpp", "server/followup/in_force.cpp"}},
    // The time of a read or a write is its View's; what is neither asks in one place.
    {"the system's clock", std::regex(R"(system_clock::now)"),
     {"fhir-model/time/"}},
    {"an identifier's national system", std::regex(R"(urn:oid:2\.16\.578\.1\.12\.4\.1\.(2|4\.[0-9]+)\b)"), {"norway/", "server/demo/"}},
    {"SQL",       std::regex(R"re(["(](SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA) +[a-z_(*])re"), {"server/storage/"}},
    {"a connection", std::regex(R"(server/storage/sql\.h|sql::(Connection|Rows|Statement|Manner))"), {"server/storage/"}},
};
// clang-format on

bool any_prefix(const Names& prefixes, std::string_view path) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return path.starts_with(prefix); });
}

struct Source {
  std::string path;
  std::vector<std::string> lines;
};

std::vector<Source> sources() {
  const char* root = std::getenv("VARDE_SOURCE");
  const fs::path top = root ? root : ".";
  std::vector<Source> found;
  for (const auto room : {"fhir-model", "norway", "conformance", "mappings", "adapters", "server"})
    for (const auto& entry : fs::recursive_directory_iterator(top / room)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      Source source{fs::relative(entry.path(), top).string(), {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) source.lines.push_back(line);
      found.push_back(std::move(source));
    }
  return found;
}

/// Every way in which `all` breaks the plan, as "path:line what".
std::vector<std::string> violations(const std::vector<Source>& all) {
  static const std::regex kInclude(R"re(^\s*#include "([^"]+)")re");
  std::vector<std::string> found;
  for (const Source& source : all) {
    const auto may =
        std::ranges::find_if(kDependencies, [&](const Dependency& d) { return source.path.starts_with(d.room); });
    for (std::size_t n = 0; n < source.lines.size(); ++n) {
      const auto& line = source.lines[n];
      const auto complain = [&](const std::string& what) {
        found.push_back(source.path + ":" + std::to_string(n + 1) + " " + what);
      };
      std::smatch include;
      if (std::regex_search(line, include, kInclude)) {
        const std::string target = include[1];
        if (!target.starts_with(may->room) && !any_prefix(may->may_include, target))
          complain("includes " + target + ", which " + std::string(may->room) + " may not");
      }
      for (const Library& library : kLibraries)
        if (!any_prefix(library.rooms, source.path) && std::regex_search(line, library.sign))
          complain("uses " + std::string(library.name) + " outside its rooms");
    }
  }
  return found;
}

TEST(Layers, every_include_goes_the_allowed_way_and_every_library_stays_in_its_rooms) {
  const auto all = sources();
  ASSERT_GT(all.size(), 20u) << "VARDE_SOURCE must name the source tree";
  for (const auto& violation : violations(all)) ADD_FAILURE() << violation;
}

TEST(Layers, the_check_itself_finds_each_kind_of_violation) {
  const std::vector<Source> bad{
      {"fhir-model/json/x.cpp", {"#include \"server/storage/storage.h\""}},
      {"adapters/folder/x.cpp", {"#include \"fhir-model/element/element.h\""}},
      {"server/followup/x.cpp", {"  db.run(\"SELECT value FROM measurement\");"}},
      {"mappings/plo/x.cpp", {"#include <xercesc/sax2/SAX2XMLReader.hpp>"}},
      {"server/search/x.cpp", {"#include <Poco/Net/HTTPServer.h>"}},
      {"server/storage/x.cpp", {"#include <rapidjson/reader.h>"}},
      {"server/storage/x.cpp", {"#include <libpq-fe.h>"}},
      {"server/operation/x.cpp", {"Result<Response> lastn(const Request&, storage::Database& database) {"}},
      {"server/followup/x.cpp", {"  interaction::Repository(database, store).read(look);"}},
      {"server/messaging/x.cpp", {"  auto tree = fhir::parse_json(version->bytes);"}},
      {"server/operation/x.cpp", {"  const auto now = std::chrono::system_clock::now();"}},
      {"server/audit/x.cpp", {"  who.set(\"system\", \"urn:oid:2.16.578.1.12.4.1.4.4\");"}},
  };
  EXPECT_EQ(violations(bad).size(), bad.size());
  EXPECT_TRUE(violations({{"server/storage/x.cpp", {"#include <sqlite3.h>", "\"SELECT a FROM b\""}}}).empty());
}

}  // namespace
