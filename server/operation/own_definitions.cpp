#include "server/operation/own_definitions.h"

#include <stdexcept>

#include "conformance/embedded.h"
#include "fhir-model/json/json.h"

namespace varde::operation {
namespace {

using fhir::Element;

const fhir::TypeId kStructureDefinition = fhir::find_resource_type("StructureDefinition");

/// A resource without what the store writes into it.
std::string content_of(Element resource) {
  fhir::Tree copy = fhir::Tree::copy_of(resource);
  fhir::Editor meta = copy.edit()["meta"];
  for (const auto name : {"versionId", "lastUpdated"})
    if (meta) meta.remove(name);
  if (meta && meta.children().empty()) copy.edit().remove("meta");
  return fhir::to_json(copy.root());
}

bool is_stored(Element definition, const interaction::View& view) {
  const auto stored = view.tree(definition.type(), definition["id"].value());
  return stored && content_of(stored->root()) == content_of(definition);
}

/// Who may write them.
access::Principal publisher() { return access::ourselves("definitions"); }

tl::unexpected<Failure> refusal(fhir::TypeId type) {
  return fail(Fault::business_rule,
              "This " + std::string(fhir::row_of(type).name) + " comes with the server and is read only.");
}

}  // namespace

OwnDefinitions::OwnDefinitions() {
  for (const auto& file : embedded::conformance::files()) {
    if (!file.path.ends_with(".json")) continue;
    auto tree = fhir::parse_json(file.content);
    if (!tree) throw std::logic_error("a definition of our own does not parse: " + std::string(file.path));
    names_.emplace(tree->root().type(), tree->root()["id"].value());
    definitions_.push_back(std::move(*tree));
  }
}

bool OwnDefinitions::is_own(fhir::TypeId type, std::string_view id) const {
  return names_.contains({type, std::string(id)});
}

Result<void> OwnDefinitions::publish(const interaction::Repository& repository) {
  return repository.as(publisher()).write([&](interaction::Act& act) -> Result<void> {
    Result<void> done;
    for (const fhir::Tree& definition : definitions_) {
      if (!done || is_stored(definition.root(), act)) continue;
      fhir::Tree copy = fhir::Tree::copy_of(definition.root());
      done = act.update(copy.edit(), std::string(definition.root()["id"].value())).map([](const auto&) {});
    }
    return done;
  });
}

Result<void> OwnDefinitions::add_to(fhir::Profiles& profiles) const {
  for (const fhir::Tree& definition : definitions_)
    if (auto added = profiles.add(fhir::Tree::copy_of(definition.root())); !added) return added;
  return {};
}

std::vector<interaction::SupportedProfile> OwnDefinitions::profiles() const {
  std::vector<interaction::SupportedProfile> found;
  for (const fhir::Tree& definition : definitions_) {
    const Element root = definition.root();
    const fhir::TypeId type = fhir::find_resource_type(root["type"].value());
    if (root.type() == kStructureDefinition && type != fhir::TypeId::none)
      found.push_back({type, std::string(root["url"].value())});
  }
  return found;
}

Result<void> OwnDefinitions::before(interaction::Act& act, fhir::Editor resource, const interaction::Pending&) {
  if (act.principal() == publisher() || !is_own(resource.type(), resource["id"].value())) return {};
  return refusal(resource.type());
}

/// A deletion is refused here, before it is committed.
Result<void> OwnDefinitions::after(interaction::Act&, const interaction::Stored& stored) {
  const bool deletion = stored.version.method == storage::Method::remove;
  if (!deletion || !is_own(stored.version.type, stored.version.id)) return {};
  return refusal(stored.version.type);
}

}  // namespace varde::operation
