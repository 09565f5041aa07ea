#include "server/interaction/terms.h"
#include "server/interaction/asking.h"

#include <fmt/format.h>

#include "fhir-model/terminology/codes.h"
#include "server/interaction/answer.h"
#include "server/interaction/definitions.h"
#include "server/search/find.h"

namespace varde::interaction {

namespace {

const fhir::TypeId kValueSet = fhir::find_resource_type("ValueSet");
const fhir::TypeId kCodeSystem = fhir::find_resource_type("CodeSystem");
const fhir::TypeId kConceptMap = fhir::find_resource_type("ConceptMap");

std::string canonical_of(std::string_view url, std::string_view version) {
  return version.empty() ? std::string(url) : fmt::format("{}|{}", url, version);
}

}  // namespace

std::optional<fhir::Tree> stored_by_url(fhir::TypeId type, std::string_view url, std::string_view version,
                                        std::string_view base, const View& view) {
  Parameters criteria{{"url", std::string(url)}, {"_sort", "-_lastUpdated"}, {"_count", "1"}};
  if (!version.empty()) criteria.emplace_back("version", version);
  const auto query =
      search::parse_query(type, criteria, {}, {.snapshot = view, .base = base, .now = view.now(), .own = own_of(view)});
  if (!query) return std::nullopt;
  const auto found = search::find(*query, view, nullptr);
  if (!found || found->hits.empty()) return std::nullopt;
  return view.tree(type, found->hits.front().id);
}

namespace {

/// Of R4's own concept maps, whose addresses end with their ids. Its value sets and code systems are known as tables.
std::optional<fhir::Tree> map_of_r4(std::string_view url, std::string_view version) {
  const auto definition = definition_of(kConceptMap, url.substr(url.rfind('/') + 1));
  if (!definition) return std::nullopt;
  auto tree = View::tree(*definition);
  const bool is_it = tree.root()["url"].value() == url;
  return is_it && (version.empty() || tree.root()["version"].value() == version) ? std::optional(std::move(tree))
                                                                                 : std::nullopt;
}

}  // namespace

fhir::Element Terms::find(fhir::TypeId type, std::string_view url, std::string_view version) {
  auto tree = stored_by_url(type, url, version, base_, view_);
  if (!tree && type == kConceptMap) tree = map_of_r4(url, version);
  if (!tree) return {};
  auto& kept = read_[canonical_of(url, version)];
  kept = std::make_unique<fhir::Tree>(std::move(*tree));
  return kept->root();
}

fhir::Element Terms::stored(std::string_view canonical) {
  if (const auto known = read_.find(canonical); known != read_.end())
    return known->second ? known->second->root() : fhir::Element{};
  read_.emplace(canonical, nullptr);
  const auto bar = canonical.rfind('|');
  const auto url = canonical.substr(0, bar), version = bar == std::string_view::npos ? "" : canonical.substr(bar + 1);
  for (const fhir::TypeId type : {kValueSet, kCodeSystem, kConceptMap})
    if (const auto found = find(type, url, version)) return found;
  return {};
}

Result<fhir::Element> Terms::stored(fhir::TypeId type, std::string_view id) {
  auto version = find_live(view_, type, id);
  if (!version && version.error().fault == Fault::not_found)
    if (auto own = definition_of(type, id)) version = std::move(*own);
  FHIR_TRY(version);
  auto& kept = read_[fmt::format("{}/{}", fhir::row_of(type).name, id)];
  if (!kept) kept = std::make_unique<fhir::Tree>(View::tree(*version));
  return kept->root();
}

terminology::Written Terms::written() {
  return [this](std::string_view canonical) { return stored(canonical); };
}

Result<std::vector<search::Coded>> Terms::members(std::string_view value_set) {
  terminology::Wanted wanted;
  wanted.budget = &view_.budget();
  Result<terminology::Expansion> expansion = [&]() -> Result<terminology::Expansion> {
    if (const auto set = stored(value_set); set && set.type() == kValueSet)
      return terminology::expand(set, wanted, written());
    const auto known = terminology::find_value_set(value_set);
    if (known != terminology::ValueSetId::none) return terminology::expand(known, wanted);
    return fail(Fault::not_found, "The value set is not known here, or not in that version.");
  }();
  FHIR_TRY(view_.budget().within());
  FHIR_TRY(expansion);
  std::vector<search::Coded> found;
  for (const auto& said : expansion->contains) found.push_back({std::string(said.system), std::string(said.code)});
  return found;
}

Result<std::vector<search::Coded>> Terms::related(Direction direction, std::string_view system, std::string_view code) {
  const auto written_system = stored(system);
  const bool is_written =
      written_system && written_system.type() == kCodeSystem && written_system["content"].value() != "not-present";
  const auto known = terminology::find_code_system(system);
  if (!is_written && known == terminology::SystemId::none)
    return fail(Fault::not_found,
                "The code system is not known here: what stands below or above its codes cannot be said.");
  terminology::Codes codes = is_written ? terminology::Codes(written_system) : terminology::Codes(known);
  if (codes.has(code) != terminology::Membership::in)
    return fail(Fault::code_invalid, "The code system that is known here has no such code.");
  std::vector<search::Coded> found{{std::string(system), std::string(code)}};
  for (const auto& said : codes.all()) {
    view_.budget().spend();
    FHIR_TRY(view_.budget().within());
    if (said.code == code) continue;
    const auto is = direction == Direction::below ? codes.is_a(said.code, code) : codes.is_a(code, said.code);
    if (is == terminology::Membership::in) found.push_back({std::string(system), std::string(said.code)});
  }
  return found;
}

}  // namespace varde::interaction
