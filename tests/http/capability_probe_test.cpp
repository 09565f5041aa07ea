/// What the CapabilityStatement says works, and what it does not say is refused: every line of it, both ways.
/// Source: https://hl7.org/fhir/R4/capabilitystatement.html
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "fhir-model/json/json.h"
#include "server/operation/operations.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

using fhir::Element;

std::vector<interaction::Route> all_operations() {
  std::vector<interaction::Route> all;
  for (const auto some :
       {operation::followup_operations(), operation::terminology_operations(), operation::resource_operations()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

World::Options with_operations() {
  World::Options options;
  options.operations = all_operations();
  return options;
}

class CapabilityStatement : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world = new World(with_operations());
    auto read = fhir::parse_json(world->get("/fhir/metadata").body);
    ASSERT_TRUE(read);
    statement = new fhir::Tree(std::move(*read));
  }
  static void TearDownTestSuite() {
    delete statement;
    delete world;
  }
  static Element rest() { return statement->root()["rest"]; }
  static std::set<std::string> codes(Element of, std::string_view name, std::string_view inside) {
    std::set<std::string> found;
    for (const Element one : of.each(name)) found.emplace(one[inside].value());
    return found;
  }
  /// Whether the server knows the address and the method; nothing of what it thinks of the rest.
  static bool is_there(const Answer& answer) {
    if (answer.status == 405) return false;
    return answer.body.find("There is nothing at this address") == std::string::npos &&
           answer.body.find("There is no such operation here") == std::string::npos;
  }
  static bool knows(const Answer& answer) { return answer.body.find("parameter-unknown") == std::string::npos; }

  static inline World* world = nullptr;
  static inline fhir::Tree* statement = nullptr;
};

struct Probe {
  std::string_view code, method, target;  ///< TYPE stands for the type's name
};
constexpr Probe kProbes[] = {
    {"read", "GET", "TYPE/x"},
    {"vread", "GET", "TYPE/x/_history/1"},
    {"history-instance", "GET", "TYPE/x/_history"},
    {"history-type", "GET", "TYPE/_history"},
    {"search-type", "GET", "TYPE?_count=1"},
    {"create", "POST", "TYPE"},
    {"update", "PUT", "TYPE/x"},
    {"patch", "PATCH", "TYPE/x"},
    {"delete", "DELETE", "TYPE/x"},
};

TEST_F(CapabilityStatement, names_exactly_the_interactions_that_every_type_has) {
  std::size_t types = 0;
  for (const Element resource : rest().each("resource")) {
    const std::string type(resource["type"].value());
    const auto said = codes(resource, "interaction", "code");
    ++types;
    for (const Probe& probe : kProbes) {
      std::string target = "/fhir/" + std::string(probe.target);
      target.replace(6, 4, type);
      const auto answer =
          world->ask(std::string(probe.method), target, {{"Content-Type", "application/fhir+json"}}, "{}");
      EXPECT_EQ(is_there(answer), said.contains(std::string(probe.code)))
          << probe.method << " " << target << " " << answer.status << " " << answer.body;
    }
    EXPECT_EQ(said.size(), std::size(kProbes)) << type << " has interactions that nobody probes";
  }
  EXPECT_EQ(types, 146u);
  EXPECT_EQ(world->get("/fhir/Pasient").status, 404);
}

std::string value_for(std::string_view type) {
  static const std::map<std::string_view, std::string> kValues{{"number", "1"},         {"date", "2020"},
                                                               {"quantity", "1"},       {"uri", "urn:x"},
                                                               {"composite", "x$2020"}, {"reference", "x"}};
  const auto found = kValues.find(type);
  return found == kValues.end() ? "x" : found->second;
}

TEST_F(CapabilityStatement, names_exactly_the_search_parameters_of_r4_that_are_known) {
  std::size_t probed = 0;
  for (const Element resource : rest().each("resource")) {
    const std::string type(resource["type"].value());
    std::set<std::string> said;
    for (const Element parameter : resource.each("searchParam")) {
      said.emplace(parameter["name"].value());
      const auto target = "/fhir/" + type + "?" + std::string(parameter["name"].value()) + "=" +
                          value_for(parameter["type"].value()) + "&_count=1";
      const auto answer = world->get(target);
      EXPECT_TRUE(knows(answer)) << target << " " << answer.body;
      ++probed;
    }
    for (const auto& row : fhir::search_parameters()) {
      if (fhir::row_of(row.type).name != type || said.contains(std::string(row.code))) continue;
      const auto answer = world->get("/fhir/" + type + "?" + std::string(row.code) + "=" + "x");
      EXPECT_GE(answer.status, 400) << type << " takes " << row.code << " and does not say so";
    }
    EXPECT_FALSE(knows(world->get("/fhir/" + type + "?pasient=x"))) << type;
  }
  EXPECT_GT(probed, 1400u);
}

TEST_F(CapabilityStatement, names_every_operation_where_it_is_and_by_a_definition_that_can_be_read) {
  std::map<std::string, std::set<std::string>> said;  // by definition, the types that name it
  const auto take = [&](Element of, const std::string& type) {
    for (const Element one : of.each("operation")) said[std::string(one["definition"].value())].insert(type);
  };
  for (const Element resource : rest().each("resource")) take(resource, std::string(resource["type"].value()));
  take(rest(), "");
  for (const auto& route : all_operations()) {
    const std::string pattern(route.pattern);
    std::string type = pattern.substr(0, pattern.find('/'));
    std::string target = "/fhir/" + pattern;
    if (type == "{type}") target.replace(6, 6, type = "Basic");
    if (type.starts_with('$')) type.clear();
    if (const auto id = target.find("{id}"); id != std::string::npos) target.replace(id, 4, "x");
    EXPECT_TRUE(said[std::string(route.definition)].contains(type)) << pattern << " is not named for " << type;
    const bool by_get = route.methods.find("GET") != std::string_view::npos;
    const auto answer = world->ask(by_get ? "GET" : "POST", target);
    EXPECT_TRUE(is_there(answer)) << target << " " << answer.body;
    const bool another_takes_get = std::ranges::any_of(all_operations(), [&](const interaction::Route& other) {
      return other.pattern == route.pattern && other.methods.find("GET") != std::string_view::npos;
    });
    if (!by_get && !another_takes_get) {
      EXPECT_EQ(world->ask("GET", target).status, 405) << target << " changes things, so it is no GET";
    }
    if (!route.definition.starts_with("http://hl7.org/")) continue;  // our own are published by the whole server
    const auto read = world->get("/fhir/OperationDefinition?url=" + std::string(route.definition));
    EXPECT_NE(read.body.find("\"total\":1"), std::string::npos) << route.definition;
  }
  EXPECT_FALSE(is_there(world->get("/fhir/Basic/x/$ingen")));
}

TEST_F(CapabilityStatement, names_the_forms_that_it_answers_and_is_patched_in) {
  for (const Element format : statement->root().each("format")) {
    std::string media(format.value());
    for (auto at = media.find('+'); at != std::string::npos; at = media.find('+', at + 3)) media.replace(at, 1, "%2B");
    EXPECT_EQ(world->get("/fhir/Patient?_format=" + media).status, 200) << media;
  }
  EXPECT_EQ(world->get("/fhir/Patient?_format=ttl").status, 406);
  std::size_t patches = 0;
  for (const Element format : statement->root().each("patchFormat")) {
    const auto answer = world->ask("PATCH", "/fhir/Patient/x", {{"Content-Type", std::string(format.value())}}, "[]");
    EXPECT_NE(answer.status, 415) << format.value();
    ++patches;
  }
  EXPECT_GE(patches, 3u);
  EXPECT_EQ(world->ask("PATCH", "/fhir/Patient/x", {{"Content-Type", "application/merge-patch+json"}}, "{}").status,
            415);
}

TEST_F(CapabilityStatement, names_the_interactions_of_the_system) {
  const auto said = codes(rest(), "interaction", "code");
  for (const std::string type : {"transaction", "batch"}) {
    EXPECT_TRUE(said.contains(type));
    const auto answer = world->post("/fhir", R"({"resourceType":"Bundle","type":")" + type + "\"}");
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  EXPECT_EQ(world->get("/fhir/_history").status == 200, said.contains("history-system"));
  EXPECT_EQ(world->get("/fhir?_lastUpdated=gt2999").status == 200, said.contains("search-system"));
}

}  // namespace
}  // namespace varde::test
