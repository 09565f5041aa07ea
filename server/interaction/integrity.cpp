#include "server/interaction/integrity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "fhir-model/element/reference.h"
#include "server/search/parameter.h"

namespace varde::interaction {

namespace {

constexpr std::size_t kMostNamed = 10;

/// "Observation.component[1].value" -> "Observation.component.value"
std::string without_indexes(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    inside = inside || c == '[';
    if (!inside) out += c;
    if (c == ']') inside = false;
  }
  return out;
}

std::string place_of(fhir::TypeId type, std::string_view id) {
  return fmt::format("{}/{}", fhir::row_of(type).name, id);
}

bool is_literal(fhir::Element element) {
  return element.name() == "reference" && element.has_value() && element.parent().type_name() == "Reference";
}

/// Paths of the references in it that lead to that resource.
void collect_paths(const Act& act, fhir::Element element, fhir::TypeId type, std::string_view id,
                   std::vector<std::string>& found) {
  if (is_literal(element)) {
    const auto parsed = fhir::parse_reference(element.value());
    if (parsed.type == type && act.own_id(element.value(), type) == id)
      found.push_back(without_indexes(element.parent().path()));
    return;
  }
  for (const auto child : element.children()) collect_paths(act, child, type, id, found);
}

}  // namespace

Integrity::Mode Integrity::mode_of(std::string_view path) const {
  const Rule* best = nullptr;
  for (const Rule& rule : rules_) {
    const std::string_view pattern = rule.pattern;
    const bool fits = pattern == "*" || pattern == path ||
                      (pattern.ends_with(".*") && path.starts_with(pattern.substr(0, pattern.size() - 1)));
    if (fits && (!best || pattern.size() >= best->pattern.size())) best = &rule;
  }
  return best ? best->mode : Mode::off;
}

Result<void> Integrity::check(Act& act, fhir::Element element, std::string_view self) const {
  if (!is_literal(element)) {
    for (const auto child : element.children()) FHIR_TRY(check(act, child, self));
    return {};
  }
  const std::string path = without_indexes(element.parent().path());
  const Mode mode = mode_of(path);
  if (mode == Mode::off) return {};
  const auto parsed = fhir::parse_reference(element.value());
  const std::string id = parsed.type == fhir::TypeId::none ? std::string() : act.own_id(element.value(), parsed.type);
  if (id.empty()) return {};
  const std::string place = place_of(parsed.type, id);
  if (place == self || act.state<Together>().written.contains(place)) return {};
  const auto current = act.current(parsed.type, id);
  if (current && current->method != storage::Method::remove) return {};
  if (mode == Mode::refuse)
    return fail(Fault::reference_unresolved, fmt::format("{} refers to {}, which is not here.", path, place),
                element.parent().path());
  log_(fmt::format("a reference leads nowhere: {}", path));
  return {};
}

Result<void> Integrity::check_left(Act& act, fhir::TypeId type, const std::string& id) const {
  std::set<storage::ResourceKey> referring;
  for (const auto& row : fhir::types()) {
    if (row.kind != fhir::TypeKind::resource) continue;
    for (const auto& parameter : search::parameters_of(fhir::find_resource_type(row.name)).all) {
      if (parameter.kind != fhir::SearchKind::reference) continue;
      const auto& targets = parameter.target_types;
      if (!targets.empty() && std::find(targets.begin(), targets.end(), type) == targets.end()) continue;
      act.budget().spend();
      FHIR_TRY(act.budget().within());
      for (const auto key : parameter.keys)
        for (const auto found : act.referring(key, type, id)) referring.insert(found);
    }
  }
  std::vector<std::string> named;
  const auto& together = act.state<Together>();
  for (const auto key : referring) {
    act.budget().spend();
    FHIR_TRY(act.budget().within());
    const auto version = act.current(key);
    if (!version || version->method == storage::Method::remove) continue;
    const std::string place = place_of(version->type, version->id);
    if (together.written.contains(place) || together.deleted.contains(place)) continue;
    std::vector<std::string> paths;
    const auto tree = View::tree(*version);
    collect_paths(act, tree.root(), type, id, paths);
    for (const std::string& path : paths) {
      const Mode mode = mode_of(path);
      if (mode == Mode::warn) log_(fmt::format("a delete leaves a reference that leads nowhere: {}", path));
      if (mode == Mode::refuse && named.size() < kMostNamed) named.push_back(fmt::format("{} ({})", place, path));
    }
  }
  if (named.empty()) return {};
  // Who does not see everything is not told what there is.
  const std::string who = act.principal().is_unrestricted() ? fmt::format("{}", fmt::join(named, ", ")) : "something";
  return fail(Fault::resource_conflict, fmt::format("{} is referred to by {}.", place_of(type, id), who));
}

Result<void> Integrity::before(Act& act, fhir::Editor resource, const Pending&) {
  if (rules_.empty()) return {};
  return check(act, resource, place_of(resource.type(), resource["id"].value()));
}

Result<void> Integrity::after(Act& act, const Stored& stored) {
  if (rules_.empty() || stored.version.method != storage::Method::remove) return {};
  return check_left(act, stored.version.type, stored.version.id);
}

}  // namespace varde::interaction
