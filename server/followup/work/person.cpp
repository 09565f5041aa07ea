#include "server/followup/work/person.h"

#include "norway/identifiers.h"

namespace varde::followup {
namespace {

const fhir::TypeId kPractitioner = fhir::find_resource_type("Practitioner");

struct Known {
  std::string_view system, value;
};

/// The Practitioner of ours who alone has that identifier; empty: none, or several.
std::string practitioner_with(const interaction::View& view, const Known& known) {
  if (known.value.empty()) return {};
  std::string id;
  for (const auto key : view.by_identifier(kPractitioner, known.system, known.value)) {
    const auto version = view.current(key);
    if (!version || version->method == storage::Method::remove) continue;
    if (!id.empty()) return {};
    id = version->id;
  }
  return id;
}

}  // namespace

fhir::Tree logged_in(const interaction::View& view) {
  const auto& who = view.principal();
  const Known by_hpr{norway::kHpr, who.hpr}, by_issuer{who.issuer, who.id};
  auto tree = fhir::Tree::of("Reference");
  auto reference = tree.edit();
  auto id = practitioner_with(view, by_hpr);
  if (id.empty()) id = practitioner_with(view, by_issuer);
  const auto& known = who.hpr.empty() ? by_issuer : by_hpr;
  if (!id.empty()) reference.set("reference", "Practitioner/" + id);
  reference.set("type", "Practitioner");
  auto identifier = reference.add("identifier");
  if (!known.system.empty()) identifier.set("system", known.system);
  identifier.set("value", known.value);
  if (!who.name.empty()) reference.set("display", who.name);
  return tree;
}

}  // namespace varde::followup
