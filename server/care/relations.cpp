#include "server/care/relations.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "fhir-model/element/reference.h"
#include "norway/identifiers.h"
#include "server/storage/care_relations.h"

namespace varde::care {
namespace {

using fhir::Element;
using interaction::Act;
using interaction::View;
using storage::care_relations::Relation;

const fhir::TypeId kPatient = fhir::find_type("Patient"), kPractitioner = fhir::find_type("Practitioner"),
                   kOrganization = fhir::find_type("Organization"), kRole = fhir::find_type("PractitionerRole");

using Names = std::vector<std::string>;

void add_identifier(Element identifier, Names& names) {
  const std::string_view system = identifier["system"].value(), value = identifier["value"].value();
  if (value.empty()) return;
  if (system == norway::kHpr) names.push_back("hpr:" + std::string(value));
  if (system == norway::kOrgNumber) names.push_back("org:" + std::string(value));
}

/// By what numbers whoever is referred to is known.
void add_names(const View& view, Element reference, Names& names, bool follow_roles = true) {
  add_identifier(reference["identifier"], names);
  const auto literal = fhir::parse_reference(reference["reference"].value());
  if (literal.type != kPractitioner && literal.type != kOrganization && literal.type != kRole) return;
  const std::string id = view.own_id(reference["reference"].value(), literal.type);
  const auto tree = id.empty() ? std::nullopt : view.tree(literal.type, id);
  if (!tree) return;
  for (const Element identifier : tree->root().each("identifier")) add_identifier(identifier, names);
  if (literal.type != kRole || !follow_roles) return;
  add_names(view, tree->root()["practitioner"], names, false);
  add_names(view, tree->root()["organization"], names, false);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct Source {
  std::string_view type, kind;
  bool (*is_open)(Element);
  std::string_view holder;  ///< the element that names who it is
  bool or_ours;             ///< it may name nobody, and is our own centre's then
};
// clang-format off
constexpr std::array kSources{
    Source{"Patient",        "gp",       [](Element) { return true; }, "generalPractitioner", false},
    Source{"EpisodeOfCare",  "centre",   [](Element e) { return is_one_of(e["status"].value(), {"planned", "waitlist", "active", "onhold"}); }, "managingOrganization", true},
    Source{"Encounter",      "hospital", [](Element e) { return is_one_of(e["status"].value(), {"arrived", "triaged", "in-progress", "onleave"}); }, "serviceProvider", false},
    Source{"ServiceRequest", "hospital", [](Element e) { return e["status"].value() == "active"; }, "performer", false},
};
// clang-format on

const Source* source_of(fhir::TypeId type) {
  const auto found = std::find_if(kSources.begin(), kSources.end(),
                                  [&](const Source& one) { return one.type == fhir::row_of(type).name; });
  return found == kSources.end() ? nullptr : &*found;
}

std::vector<Relation> relations_of(const View& view, const Source& source, Element resource,
                                   storage::PatientKey patient) {
  std::vector<Relation> out;
  if (!resource || patient == storage::PatientKey::none || !source.is_open(resource)) return out;
  const std::string kind(source.kind);
  bool named = false;
  for (const Element reference : resource.each(source.holder)) {
    Names names;
    add_names(view, reference, names);
    named = true;
    for (const std::string& name : names) out.push_back({kind + " " + name, patient});
  }
  if (!named && source.or_ours) out.push_back({kind, patient});
  return out;
}

/// What the sources say that name this practitioner or organisation.
void find_again(Act& act, const storage::Version& named) {
  for (const Source& source : kSources) {
    const fhir::TypeId type = fhir::find_type(source.type);
    const std::string_view parameter = source.type == "Patient"         ? "general-practitioner"
                                       : source.type == "EpisodeOfCare" ? "organization"
                                       : source.type == "Encounter"     ? "service-provider"
                                                                        : "performer";
    for (const auto key : act.referring(storage::parameter_key(source.type, parameter), named.type, named.id)) {
      const auto version = act.current(key);
      if (!version || version->type != type || version->method == storage::Method::remove) continue;
      const auto tree = act.tree(*version);
      storage::care_relations::replace(act, key, relations_of(act, source, tree.root(), version->patient));
    }
  }
}

/// "hpr:…" and "org:…" of a practitioner or an organisation itself.
Names own_names(Element resource) {
  Names names;
  if (resource)
    for (const Element identifier : resource.each("identifier")) add_identifier(identifier, names);
  return names;
}

}  // namespace

Result<void> Relations::after(Act& act, const interaction::Stored& stored) {
  const fhir::TypeId type = stored.version.type;
  if (const Source* const source = source_of(type)) {
    storage::care_relations::replace(act, stored.version.key,
                                     relations_of(act, *source, stored.resource, stored.version.patient));
  } else if (type == kRole || ((type == kPractitioner || type == kOrganization) &&
                               own_names(stored.resource) != own_names(stored.previous))) {
    find_again(act, stored.version);
  }
  return {};
}

void build_relations(const interaction::Repository& repository) {
  constexpr std::size_t kPerTransaction = 500;
  if (repository.read([](const View& view) { return storage::care_relations::is_built(view); })) return;
  auto last = storage::ResourceKey::none;
  for (bool more = true; more;) {
    auto done = repository.write([&](Act& act) -> Result<void> {
      const storage::Snapshot& snapshot = act;
      const auto keys = snapshot.live_resources(last, kPerTransaction);
      for (const auto key : keys) {
        const auto version = act.current(key);
        const Source* const source = version ? source_of(version->type) : nullptr;
        if (!source) continue;
        const auto tree = act.tree(*version);
        storage::care_relations::replace(act, key, relations_of(act, *source, tree.root(), version->patient));
      }
      more = !keys.empty();
      if (more)
        last = keys.back();
      else
        storage::care_relations::set_built(act);
      return {};
    });
    if (!done) throw std::runtime_error(done.error().diagnostics);
  }
}

}  // namespace varde::care
