#include "server/interaction/terminology_capabilities.h"

#include <array>
#include <map>
#include <set>

#include "fhir-model/json/json.h"
#include "fhir-model/package/package.h"
#include "server/search/parameter.h"
#include "server/storage/search/labels.h"

namespace varde::interaction {
namespace {

const fhir::TypeId kCodeSystem = fhir::find_resource_type("CodeSystem");

struct Asked {
  std::string_view name, what;
};
/// What $expand takes beside the value set itself.
constexpr std::array kExpanding{
    Asked{"filter", "beginnings of words of the display or the code"},
    Asked{"offset", "with count: a page"},
    Asked{"count", "with offset: a page"},
    Asked{"includeDesignations", "names in other languages and for other uses"},
    Asked{"activeOnly", "without what is inactive"},
    Asked{"displayLanguage", "the name in that language first"},
};

/// By url, the versions; R4's own, and what is stored.
std::map<std::string, std::set<std::string>> code_systems(const View& view) {
  std::map<std::string, std::set<std::string>> out;
  for (const auto& one : fhir::package::definitions(kCodeSystem))
    if (!one.url.empty()) out[std::string(one.url)].emplace(one.version);
  for (const auto key : search::parameters_of(kCodeSystem).find("url")->keys)
    for (std::string& url : storage::uris(view, key)) out.try_emplace(std::move(url));
  return out;
}

void say_systems(fhir::Editor statement, const View& view) {
  for (const auto& [url, versions] : code_systems(view)) {
    auto system = statement.add("codeSystem");
    system.set("uri", url);
    for (const std::string& version : versions)
      if (!version.empty()) system.add("version").set("code", version);
  }
}

void say_expansion(fhir::Editor statement) {
  auto expansion = statement.ensure("expansion");
  expansion.set("hierarchical", "false");
  expansion.set("paging", "true");
  expansion.set("incomplete", "false");
  for (const Asked& one : kExpanding) {
    auto parameter = expansion.add("parameter");
    parameter.set("name", one.name);
    parameter.set("documentation", one.what);
  }
  expansion.set("textFilter", "A filter finds what begins a word of the display or the code, without case.");
}

}  // namespace

std::string terminology_capabilities(const std::string& base, const Software& software, const View& view) {
  auto tree = fhir::Tree::of("TerminologyCapabilities");
  auto statement = tree.edit();
  statement.set("url", base + "/metadata?mode=terminology");
  statement.set("version", software.version);
  statement.set("name", "VardeTerminologyCapabilities");
  statement.set("status", "active");
  statement.set("date", software.released);
  statement.set("kind", "instance");
  auto named = statement.ensure("software");
  named.set("name", "Varde");
  named.set("version", software.version);
  auto implementation = statement.ensure("implementation");
  implementation.set("description", "FHIR server and message gateway for digital home follow-up");
  implementation.set("url", base);
  statement.set("lockedDate", "false");
  say_systems(statement, view);
  say_expansion(statement);
  statement.set("codeSearch", "all");
  statement.ensure("validateCode").set("translations", "false");
  statement.ensure("translation").set("needsMap", "false");
  statement.ensure("closure").set("translation", "false");
  return fhir::to_json(tree.root());
}

}  // namespace varde::interaction
