#include "server/care/relations.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "fhir-model/element/reference.h"
#include "fhir-model/time/span.h"
#include "norway/identifiers.h"
#include "server/care/named.h"
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

bool is_current(Element resource) { return resource["active"].value() != "false"; }

/// Who decides for another, beside the parents (v3 RoleCode): guardian, powers of attorney, responsible party.
bool decides(std::string_view code) {
  return is_one_of(code, {"GUARD", "POWATT", "DPOWATT", "HPOWATT", "SPOWATT", "RESPRSN"});
}
bool is_parent(std::string_view code) {
  return is_one_of(code, {"PRN", "FTH", "MTH", "NPRN", "NFTH", "NMTH", "ADOPTP", "ADOPTF", "ADOPTM", "PRNFOST"});
}

constexpr std::string_view kRoleCode = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
constexpr int kAgeOfDecision = 16;

struct Source {
  std::string_view type, kind;
  bool (*is_open)(Element);
  std::string_view holder;     ///< the element that names who it is
  bool or_ours;                ///< it may name nobody, and is our own centre's then
  std::string_view parameter;  ///< search parameter of the holder
};
// clang-format off
constexpr std::array kSources{
    Source{"Patient",        "gp",       [](Element) { return true; }, "generalPractitioner", false, "general-practitioner"},
    Source{"EpisodeOfCare",  "centre",   [](Element e) { return is_one_of(e["status"].value(), {"planned", "waitlist", "active", "onhold"}); }, "managingOrganization", true, "organization"},
    Source{"Encounter",      "hospital", [](Element e) { return is_one_of(e["status"].value(), {"arrived", "triaged", "in-progress", "onleave"}); }, "serviceProvider", false, "service-provider"},
    Source{"ServiceRequest", "hospital", [](Element e) { return e["status"].value() == "active"; }, "performer", false, "performer"},
    Source{"Consent",        "blocked",  [](Element e) { return e["status"].value() == "active" && e["provision"]["type"].value() == "deny"; }, "provision", false, "actor"},
    Source{"RelatedPerson",  "kin",      is_current, "relationship", false, ""},
};
// clang-format on

const Source* source_of(fhir::TypeId type) {
  const auto found = std::find_if(kSources.begin(), kSources.end(),
                                  [&](const Source& one) { return one.type == fhir::row_of(type).name; });
  return found == kSources.end() ? nullptr : &*found;
}

/// The end of a Period; nullopt: it has none.
std::optional<storage::Instant> end_of(const View& view, Element period) {
  const auto span = time::read_span(period["end"].value(), view.zone());
  return span ? std::optional(span->end) : std::nullopt;
}

std::vector<Relation> kept_out(const View& view, Element provision, storage::PatientKey patient) {
  std::vector<Relation> out;
  for (const Element actor : provision.each("actor")) {
    Names names;
    add_names(view, actor["reference"], names);
    for (const std::string& name : names)
      out.push_back({"blocked " + name, patient, end_of(view, provision["period"])});
  }
  return out;
}

/// Until when a parent decides: the patient's birthday of that age. nullopt: it cannot be known, and nobody decides.
std::optional<storage::Instant> until_of_age(const View& view, storage::PatientKey patient) {
  const auto tree = view.tree(kPatient, view.patient_id(patient));
  const std::string_view born = tree ? tree->root()["birthDate"].value() : std::string_view();
  if (born.size() != 10) return std::nullopt;
  int year = 0;
  if (std::from_chars(born.data(), born.data() + 4, year).ec != std::errc{}) return std::nullopt;
  // Who was born on a leap day is of age the day after the last of February, in a year that has none.
  std::string day = fmt::format("{:04}{}", year + kAgeOfDecision, born.substr(4));
  if (day.ends_with("-02-29") && !time::read_span(day, view.zone())) day = day.substr(0, 4) + "-03-01";
  const auto span = time::read_span(day, view.zone());
  return span ? std::optional(span->begin) : std::nullopt;
}

std::vector<Relation> kin_of(const View& view, Element related, storage::PatientKey patient) {
  bool decider = false, parent = false;
  for (const Element relationship : related.each("relationship"))
    for (const Element coding : relationship.each("coding"))
      if (coding["system"].value() == kRoleCode)
        decider |= decides(coding["code"].value()), parent |= is_parent(coding["code"].value());
  std::optional<storage::Instant> until = end_of(view, related["period"]);
  if (!decider) {
    const auto of_age = parent ? until_of_age(view, patient) : std::nullopt;
    if (!of_age) return {};  // a neighbour, a contact: known, and no more
    until = until ? std::min(*until, *of_age) : *of_age;
  }
  std::vector<Relation> out;
  for (const Element identifier : related.each("identifier"))
    if (is_one_of(identifier["system"].value(), {norway::kFnr, norway::kDnr}) && !identifier["value"].value().empty())
      out.push_back({"kin person:" + std::string(identifier["value"].value()), patient, until});
  return out;
}

std::vector<Relation> relations_of(const View& view, const Source& source, Element resource,
                                   storage::PatientKey patient) {
  std::vector<Relation> out;
  if (!resource || patient == storage::PatientKey::none || !source.is_open(resource)) return out;
  if (source.kind == "blocked") return kept_out(view, resource["provision"], patient);
  if (source.kind == "kin") return kin_of(view, resource, patient);
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
    if (source.parameter.empty()) continue;
    for (const auto key : act.referring(storage::parameter_key(source.type, source.parameter), named.type, named.id)) {
      const auto version = act.current(key);
      if (!version || version->type != type || version->method == storage::Method::remove) continue;
      const auto tree = act.tree(*version);
      storage::care_relations::replace(act, key, relations_of(act, source, tree.root(), version->patient));
    }
  }
}

/// A patient's date of birth says until when parents decide.
void find_kin_again(Act& act, const storage::Version& patient) {
  static const fhir::TypeId kRelated = fhir::find_type("RelatedPerson");
  for (const auto key : act.referring(storage::parameter_key("RelatedPerson", "patient"), kPatient, patient.id)) {
    const auto version = act.current(key);
    if (!version || version->type != kRelated || version->method == storage::Method::remove) continue;
    const auto tree = act.tree(*version);
    storage::care_relations::replace(act, key, relations_of(act, *source_of(kRelated), tree.root(), version->patient));
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
  note_named(act, stored);
  const fhir::TypeId type = stored.version.type;
  if (const Source* const source = source_of(type)) {
    storage::care_relations::replace(act, stored.version.key,
                                     relations_of(act, *source, stored.resource, stored.version.patient));
    if (type == kPatient && stored.resource && stored.previous &&
        stored.resource["birthDate"].value() != stored.previous["birthDate"].value())
      find_kin_again(act, stored.version);
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
        if (version) note_named(act, *version);
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
