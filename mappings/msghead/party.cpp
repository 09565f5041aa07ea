#include "mappings/msghead/party.h"

#include <algorithm>
#include <array>

#include "mappings/rows/names.h"
#include "norway/identifiers.h"

namespace varde::mappings::msghead {
namespace {

using fhir::Editor;
using fhir::Element;

// --- levels of an organisation -------------------------------------------------------------------------------------

std::string_view target_of(Element resource, std::string_view name) {
  const auto reference = resource[name]["reference"].value();
  return reference.starts_with("#") ? reference.substr(1) : std::string_view();
}

/// The contained resource of `type` whose reference `name` points at `above`.
Element below(Element above, std::string_view type, std::string_view name) {
  for (const Element candidate : container_of(above).each("contained"))
    if (candidate.type_name() == type && target_of(candidate, name) == above["id"].value()) return candidate;
  return {};
}

/// A message may leave its names empty; FHIR wants an organisation to be called something (org-1).
void name_at_least(Editor organization) {
  if (organization["name"] || organization["identifier"]) return;
  Editor reason = organization.add("name").add("extension");
  reason.add("url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason");
  reason.add("valueCode", "unknown");
}

void unit_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view) {
  const auto id = std::string(parent["id"].value());
  Editor holder = parent.edit(container_of(parent));
  Editor unit = inbound.add_contained(holder, row.about, id.substr(0, id.rfind('-')));
  const std::string_view up = row.about == "Organization" ? "partOf" : "organization";
  unit.add(up).add("reference", "#" + id);
  read(inbound, row.rows, from, unit);
  if (row.about == "Organization") name_at_least(unit);
}

constexpr int kDeepest = 8;  ///< levels of organisation; more is a circle of references

bool unit_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  const Element unit = below(value, row.about, row.about == "Organization" ? "partOf" : "organization");
  if (!unit || outbound.depth >= kDeepest) return false;
  ++outbound.depth;
  const bool any = write(outbound, row.rows, unit, out);
  --outbound.depth;
  return any;
}

/// Organisation or HealthcareProfessional inside an Organisation; `about`: type of the contained resource.
const Conversion unit{unit_to_fhir, unit_to_xml};

extern const std::array<Row, 7> kOrganisationRows;
extern const std::array<Row, 6> kContactUnitRows;
// clang-format off
const std::array<Row, 7> kOrganisationRows{{
    //  message                 FHIR          card            conversion
    {"OrganisationName",        "name",       Card::one,      text},
    {"TypeOrganisation",        "type",       Card::optional, coded_cv, {}, "9040"},
    {"Ident",                   "identifier", Card::many,     ident,    {}, code_list::kOrganisationIds.number()},
    {"Address",                 "address",    Card::optional, nested,   kAddress},
    {"TeleCom",                 "telecom",    Card::many,     telecom},
    {"Organisation",            "",           Card::optional, unit,     kOrganisationRows, "Organization"},
    {"HealthcareProfessional",  "",           Card::optional, unit,     kProfessional, "PractitionerRole"},
}};
const std::array<Row, 6> kContactUnitRows{{
    //  message                 FHIR          card            conversion
    {"TypeOrganisation",        "type",       Card::optional, coded_cv, {}, "9040"},
    {"OrganisationName",        "name",       Card::one,      text},
    {"Ident",                   "identifier", Card::many,     ident,    {}, code_list::kOrganisationIds.number()},
    {"Address",                 "address",    Card::optional, nested,   kAddress},
    {"TeleCom",                 "telecom",    Card::many,     telecom},
    {"Organisation",            "",           Card::optional, unit,     kContactUnitRows, "Organization"},
}};
// clang-format on

// --- references ----------------------------------------------------------------------------------------------------

Element practitioner_of(Element role) {
  for (const Element candidate : container_of(role).each("contained"))
    if (candidate["id"].value() == target_of(role, "practitioner")) return candidate;
  return {};
}

std::string person_name(Element person) {
  const Element name = person["name"];
  if (const auto whole = name["text"].value(); !whole.empty()) return std::string(whole);
  std::string full;
  const auto add = [&](std::string_view part) {
    if (part.empty()) return;
    if (!full.empty()) full += ' ';
    full += part;
  };
  for (const Element part : name.each("given")) add(part.value());
  add(name.extension(extension_url("middlename"))["valueString"].value());
  add(name["family"].value());
  return full;
}

/// Identifier of the communication party: HER-id before all others.
Element best_identifier(Element resource) {
  for (const Element identifier : resource.each("identifier"))
    if (identifier["system"].value() == norway::kHerId) return identifier;
  return resource["identifier"];
}

Element above(Element resource) {
  const auto id = target_of(resource, resource.type_name() == "PractitionerRole" ? "organization" : "partOf");
  if (id.empty()) return {};
  for (const Element candidate : container_of(resource).each("contained"))
    if (candidate["id"].value() == id) return candidate;
  return {};
}

Element innermost(Element outer) {
  while (true) {
    if (const Element person = below(outer, "PractitionerRole", "organization")) return person;
    const Element inner = below(outer, "Organization", "partOf");
    if (!inner) return outer;
    outer = inner;
  }
}

std::string display(Element inner) {
  const std::string own = inner.type_name() == "PractitionerRole" ? person_name(practitioner_of(inner))
                                                                  : std::string(inner["name"].value());
  const Element outer = above(inner);
  const std::string rest = outer ? display(outer) : std::string();
  return rest.empty() ? own : own.empty() ? rest : rest + ", " + own;
}

/// The reference names the innermost level that has an identifier, HER-id first: the communication party.
void name_target(Editor reference, Element outermost) {
  const Element inner = innermost(outermost);
  reference.set("reference", "#" + std::string(inner["id"].value()));
  reference.set("type", inner.type_name());
  if (const std::string shown = display(inner); !shown.empty()) reference.set("display", shown);
  for (Element level = inner; level; level = above(level)) {
    const Element person = level.type_name() == "PractitionerRole" ? practitioner_of(level) : Element{};
    const Element identifier = best_identifier(person ? person : level);
    if (!identifier || oid_of(identifier["system"].value()).empty()) continue;
    Editor copy = reference.ensure("identifier");
    copy.set("system", identifier["system"].value());
    copy.set("value", identifier["value"].value());
    return;
  }
}

/// Levels beside the party that the reference names: a department of an organisation whose own person is the party. A
/// contained resource is referred to (dom-3).
void name_the_rest(Editor reference, Element outermost) {
  for (Element level = outermost; level; level = below(level, "Organization", "partOf")) {
    const Element inner = below(level, "Organization", "partOf");
    if (!inner || !below(level, "PractitionerRole", "organization")) continue;
    Editor beside = reference.add("extension");
    beside.add("url", extension_url("beside"));
    beside.add("valueReference").add("reference", "#" + std::string(innermost(inner)["id"].value()));
  }
}

void organisation_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view) {
  Editor holder = parent.edit(container_of(parent));
  Editor made = inbound.add_contained(holder, "Organization", row.about);
  read(inbound, row.rows, from, made);
  name_at_least(made);
  name_target(parent, made);
  name_the_rest(parent, made);
}

/// A reference that only names its target still makes an organisation the receiver can read.
bool from_display(Element reference, XmlNode& out) {
  const Element identifier = reference["identifier"];
  if (identifier["value"].value().empty() || reference["display"].value().empty()) return false;
  XmlNode name, id;
  name.name = "OrganisationName", name.text = reference["display"].value();
  id.name = "Ident";
  Outbound none{Element{}};
  ident.to_xml(none, Row{"", "", Card::one, ident, {}, code_list::kOrganisationIds.number()}, identifier, id);
  out.children = {std::move(name), std::move(id)};
  return true;
}

bool organisation_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  Element outer = outbound.resolve(value);
  if (!outer) return from_display(value, out);
  for (int level = 0; level < kDeepest; ++level)
    if (const Element higher = above(outer)) outer = higher;
  return outer.type_name() == "Organization" && write(outbound, row.rows, outer, out);
}

void professional_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view) {
  Editor holder = parent.edit(container_of(parent));
  Editor made = inbound.add_contained(holder, "PractitionerRole", row.about);
  read(inbound, row.rows, from, made);
  name_target(parent, made);
}

bool professional_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  const Element role = outbound.resolve(value);
  return role && role.type_name() == "PractitionerRole" && write(outbound, row.rows, role, out);
}

// --- bystanders ----------------------------------------------------------------------------------------------------

void bystander_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  Editor reference = parent.add(name);
  Editor extension = reference.add("extension");
  extension.add("url", extension_url("part"));
  extension.add("valueCode", row.about);
  read(inbound, row.rows, from, reference);
}

bool bystander_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  return value.extension(extension_url("part"))["valueCode"].value() == row.about &&
         write(outbound, row.rows, value, out);
}

}  // namespace

const Rows kOrganisation = kOrganisationRows;
const Rows kContactUnit = kContactUnitRows;
const Conversion organisation{organisation_to_fhir, organisation_to_xml};
const Conversion professional{professional_to_fhir, professional_to_xml};
const Conversion bystander{bystander_to_fhir, bystander_to_xml};

}  // namespace varde::mappings::msghead
