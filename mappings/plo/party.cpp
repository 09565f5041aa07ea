#include "mappings/plo/party.h"

#include <algorithm>
#include <array>

#include "mappings/plo/names.h"

namespace varde::mappings::plo {
namespace {

using fhir::Editor;
using fhir::Element;

// --- identifiers ---------------------------------------------------------------------------------------------------

/// Ident: {Id, TypeId}. The type stands in Identifier.type as it came; the system follows from it.
void ident_to_fhir(Inbound&, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  const auto value = from.at("Id");
  if (value.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  Editor identifier = parent.add(name);
  const XmlNode* type = from.child("TypeId");
  if (type) read_coded(*type, row.about, identifier, "type");
  const auto code = type ? type->attribute("V") : std::string_view();
  const auto kind = std::ranges::find(kIdentifierKinds, code, &IdentifierKind::code);
  if (kind != kIdentifierKinds.end()) identifier.add("system", std::string(kOid) + std::string(kind->oid));
  identifier.add("value", value);
}

bool ident_to_xml(Outbound&, const Row& row, Element value, XmlNode& out) {
  const auto number = value["value"].value();
  if (number.empty()) return false;
  XmlNode id, type;
  id.name = "Id", id.text = number;
  type.name = "TypeId";
  const Element coding = value["type"]["coding"];
  const auto oid = oid_of(value["system"].value());
  const auto kind = std::ranges::find(kIdentifierKinds, oid, &IdentifierKind::oid);
  const auto put = [&](std::string_view attribute, std::string_view written) {
    if (!written.empty()) type.attributes.emplace_back(attribute, written);
  };
  if (const auto list = oid_of(coding["system"].value()); !coding["code"].value().empty() && !list.empty()) {
    put("V", coding["code"].value());
    put("S", list);
    put("DN", coding["display"].value());
  } else if (kind != kIdentifierKinds.end()) {
    put("V", kind->code);
    put("S", std::string(kVolven) + std::string(kind->list));
    put("DN", kind->display);
  } else {  // a register we do not know: other (persons), local (organisations)
    const bool person = row.about == "8116";
    put("V", person ? "XXX" : "LOK");
    put("S", std::string(kVolven) + std::string(row.about));
    put("DN", person ? "Annet" : "Lokal identifikator uten nærmere angivelse");
  }
  out.children = {std::move(id), std::move(type)};
  return true;
}

const Conversion ident{ident_to_fhir, ident_to_xml};

// --- names ---------------------------------------------------------------------------------------------------------

void given_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  text.to_fhir(inbound, row, from, parent, name);
}

/// FHIR may hold several given names; the message has one place for them all.
bool given_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  for (const Element given : value.parent().each("given")) {
    if (!out.text.empty()) out.text += ' ';
    out.text += given.value();
  }
  return !out.text.empty();
}

const Conversion given{given_to_fhir, given_to_xml};

// --- addresses -----------------------------------------------------------------------------------------------------

/// What FHIR says with Address.use or Address.type. `type` codes of list 3401; the exact code is kept beside.
struct AddressKind {
  std::string_view code, element, value;
};
// clang-format off
constexpr std::array kAddressKinds{
    AddressKind{"H",   "use",  "home"},   AddressKind{"HP",  "use",  "home"},
    AddressKind{"WP",  "use",  "work"},   AddressKind{"TMP", "use",  "temp"},
    AddressKind{"HV",  "use",  "temp"},   AddressKind{"BAD", "use",  "old"},
    AddressKind{"INV", "use",  "billing"}, AddressKind{"PST", "type", "postal"},
    AddressKind{"RES", "type", "physical"},
};
constexpr std::array kAddressNames{
    std::pair{std::string_view("H"), std::string_view("Bostedsadresse")},
    std::pair{std::string_view("WP"), std::string_view("Arbeidsadresse")},
    std::pair{std::string_view("TMP"), std::string_view("Midlertidig adresse")},
    std::pair{std::string_view("BAD"), std::string_view("Ubrukelig adresse")},
    std::pair{std::string_view("INV"), std::string_view("Faktureringsadresse")},
    std::pair{std::string_view("PST"), std::string_view("Postadresse")},
    std::pair{std::string_view("RES"), std::string_view("Besøksadresse")},
};
// clang-format on

void address_kind_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view) {
  const auto kind = std::ranges::find(kAddressKinds, from.attribute("V"), &AddressKind::code);
  if (kind != kAddressKinds.end()) parent.set(kind->element, kind->value);
  Editor content = parent.edit(parent.ensure("extension"));
  content.set("url", extension_url("content"));
  Editor inside = content.add("extension");
  inside.add("url", from.name);
  keep_in(inside, from);
}

bool address_kind_to_xml(Outbound&, const Row& row, Element value, XmlNode& out) {
  for (const Element inside : value.extension(extension_url("content")).each("extension"))
    if (inside["url"].value() == row.message) return take_from(inside, out);
  for (const auto& kind : kAddressKinds) {
    if (value[kind.element].value() != kind.value) continue;
    out.attributes.emplace_back("V", kind.code);
    for (const auto& [code, name] : kAddressNames)
      if (code == kind.code) out.attributes.emplace_back("DN", name);
    return true;
  }
  return false;
}

/// A post box is a line of the address, marked as such.
void post_box_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  if (from.text.empty()) return;
  Editor extension = parent.add(name, from.text).add("extension");
  extension.add("url", extension_url("post-box"));
  extension.add("valueString", from.text);
}

bool post_box_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  out.text = value.extension(extension_url("post-box"))["valueString"].value();
  return !out.text.empty();
}

void street_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  if (!from.text.empty()) parent.add(name, from.text);
}

/// Every line that is not the post box.
bool street_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  for (const Element line : value.parent().each("line")) {
    if (line.extension(extension_url("post-box"))) continue;
    if (!out.text.empty()) out.text += ", ";
    out.text += line.value();
  }
  return !out.text.empty();
}

/// CS <-> a text with its code beside it: County is a municipality number with a name, Country an ISO code.
void coded_text_to_fhir(Inbound&, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  const auto code = from.attribute("V"), display = from.attribute("DN");
  if (code.empty() && display.empty()) return;
  const bool by_name = name == "district" && !display.empty();
  Editor place = parent.set(name, by_name || code.empty() ? display : code);
  Editor extension = place.add("extension");
  extension.add("url", extension_url("municipalitycode"));
  if (name != "district") extension.set("url", extension_url("coding"));
  read_coded(from, row.about, extension, "valueCoding");
}

bool coded_text_to_xml(Outbound&, const Row& row, Element value, XmlNode& out) {
  for (const Element extension : value.each("extension"))
    if (const Element coding = extension["valueCoding"]) {
      Outbound none{Element{}};
      return coded_cs.to_xml(none, row, coding, out);
    }
  if (!value.has_value()) return false;
  out.attributes.emplace_back(value.name() == "country" ? "V" : "DN", value.value());
  return true;
}

const Conversion address_kind{address_kind_to_fhir, address_kind_to_xml};
const Conversion post_box{post_box_to_fhir, post_box_to_xml};
const Conversion street{street_to_fhir, street_to_xml};
const Conversion coded_text{coded_text_to_fhir, coded_text_to_xml};

// clang-format off
const std::array kAddressRows{
    //  message       FHIR          card            conversion
    Row{"Type",       "",           Card::optional, address_kind},
    Row{"StreetAdr",  "line",       Card::optional, street},
    Row{"PostalCode", "postalCode", Card::optional, text},
    Row{"City",       "city",       Card::optional, text},
    Row{"Postbox",    "line",       Card::many,     post_box},
    Row{"County",     "district",   Card::optional, coded_text, {}, "3402"},
    Row{"Country",    "country",    Card::optional, coded_text, {}, "9043"},
};
// clang-format on

// --- telecom -------------------------------------------------------------------------------------------------------

struct Scheme {
  std::string_view scheme, system;
};
constexpr std::array kSchemes{Scheme{"tel:", "phone"}, Scheme{"mailto:", "email"}, Scheme{"fax:", "fax"},
                              Scheme{"http:", "url"},  Scheme{"https:", "url"},    Scheme{"sms:", "sms"}};

struct TelecomKind {
  std::string_view code, use, display;
};
// clang-format off
constexpr std::array kTelecomKinds{   // code list 9061
    TelecomKind{"H",  "home",   "Hjemme eller ukjent"},  TelecomKind{"MC", "mobile", "Mobiltelefon"},
    TelecomKind{"WP", "work",   "Arbeidsplass"},         TelecomKind{"WC", "work",   "Arbeidsplass, sentralbord"},
    TelecomKind{"WD", "work",   "Arbeidsplass, direktenummer"}, TelecomKind{"HV", "temp", "Ferietelefon"},
};
// clang-format on

void telecom_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto address = from.at("TeleAddress/@V");
  const XmlNode* type = from.child("TypeTelecom");
  if (address.empty() && (!type || type->attributes.empty())) return;
  Editor point = parent.add(name);
  if (type) {
    Editor extension = point.add("extension");
    extension.add("url", extension_url("coding"));
    if (!read_coded(*type, "9061", extension, "valueCoding")) point.remove("extension");
    const auto kind = std::ranges::find(kTelecomKinds, type->attribute("V"), &TelecomKind::code);
    if (kind != kTelecomKinds.end()) point.add("use", kind->use);
  }
  if (address.empty()) return;
  const auto scheme = std::ranges::find_if(kSchemes, [&](const auto& s) { return address.starts_with(s.scheme); });
  const bool url = scheme != kSchemes.end() && scheme->system == "url";
  point.add("system", scheme == kSchemes.end() ? "other" : scheme->system);
  const auto rest = scheme == kSchemes.end() || url ? address : address.substr(scheme->scheme.size());
  if (!rest.empty()) point.add("value", rest);
}

bool telecom_to_xml(Outbound& outbound, const Row&, Element value, XmlNode& out) {
  XmlNode type, address;
  type.name = "TypeTelecom", address.name = "TeleAddress";
  if (const Element coding = value.extension(extension_url("coding"))["valueCoding"]) {
    coded_cs.to_xml(outbound, Row{"", "", Card::one, coded_cs, {}, "9061"}, coding, type);
  } else if (const auto kind = std::ranges::find(kTelecomKinds, value["use"].value(), &TelecomKind::use);
             kind != kTelecomKinds.end()) {
    type.attributes = {{"V", std::string(kind->code)}, {"DN", std::string(kind->display)}};
  }
  const auto scheme = std::ranges::find(kSchemes, value["system"].value(), &Scheme::system);
  std::string link(value["value"].value());
  if (scheme != kSchemes.end() && scheme->system != "url") link = std::string(scheme->scheme) + link;
  if (!link.empty()) address.attributes.emplace_back("V", link);
  if (!type.attributes.empty()) out.children.push_back(type);
  if (!out.children.empty() || !link.empty()) out.children.push_back(address);
  return !out.children.empty();
}

const Conversion telecom{telecom_to_fhir, telecom_to_xml};

// --- tables --------------------------------------------------------------------------------------------------------

// clang-format off
const std::array kPersonRows{
    //  message        FHIR                                                  card            conversion
    Row{"FamilyName",  "name.family",                                        Card::optional, text},
    Row{"MiddleName",  "name.extension(middlename).valueString",             Card::optional, text},
    Row{"GivenName",   "name.given",                                         Card::optional, given},
    Row{"DateOfBirth", "birthDate",                                          Card::optional, date_text},
    Row{"Sex",         "gender",                                             Card::optional, sex},
    Row{"Nationality", "extension(citizenship).extension(=code).valueCodeableConcept", Card::optional, coded_cs, {}, "9043"},
    Row{"Ident",       "identifier",                                         Card::many,     ident, {}, "8116"},
    Row{"Address",     "address",                                            Card::optional, nested, kAddressRows},
    Row{"TeleCom",     "telecom",                                            Card::many,     telecom},
};

const std::array kProfessionalRows{
    //  message                       FHIR                                            card            conversion
    Row{"TypeHealthcareProfessional", "practitioner->qualification.code",             Card::optional, coded_cs, {}, "9060"},
    Row{"RoleToPatient",              "code",                                         Card::optional, coded_cv, {}, "9034"},
    Row{"FamilyName",                 "practitioner->name.family",                    Card::optional, text},
    Row{"MiddleName",                 "practitioner->name.extension(middlename).valueString", Card::optional, text},
    Row{"GivenName",                  "practitioner->name.given",                     Card::optional, given},
    Row{"DateOfBirth",                "practitioner->birthDate",                      Card::optional, date_text},
    Row{"Sex",                        "practitioner->gender",                         Card::optional, sex},
    Row{"Nationality",                "practitioner->content()",                      Card::optional, fragment},
    Row{"Ident",                      "practitioner->identifier",                     Card::many,     ident, {}, "8116"},
    Row{"Address",                    "practitioner->address",                        Card::optional, nested, kAddressRows},
    Row{"TeleCom",                    "practitioner->telecom",                        Card::many,     telecom},
};
// clang-format on

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
    {"Ident",                   "identifier", Card::many,     ident,    {}, "9051"},
    {"Address",                 "address",    Card::optional, nested,   kAddressRows},
    {"TeleCom",                 "telecom",    Card::many,     telecom},
    {"Organisation",            "",           Card::optional, unit,     kOrganisationRows, "Organization"},
    {"HealthcareProfessional",  "",           Card::optional, unit,     kProfessionalRows, "PractitionerRole"},
}};
const std::array<Row, 6> kContactUnitRows{{
    //  message                 FHIR          card            conversion
    {"TypeOrganisation",        "type",       Card::optional, coded_cv, {}, "9040"},
    {"OrganisationName",        "name",       Card::one,      text},
    {"Ident",                   "identifier", Card::many,     ident,    {}, "9051"},
    {"Address",                 "address",    Card::optional, nested,   kAddressRows},
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
    if (oid_of(identifier["system"].value()) == "2.16.578.1.12.4.1.2") return identifier;
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

void organisation_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view) {
  Editor holder = parent.edit(container_of(parent));
  Editor made = inbound.add_contained(holder, "Organization", row.about);
  read(inbound, row.rows, from, made);
  name_at_least(made);
  name_target(parent, made);
}

/// A reference that only names its target still makes an organisation the receiver can read.
bool from_display(Element reference, XmlNode& out) {
  const Element identifier = reference["identifier"];
  if (identifier["value"].value().empty() || reference["display"].value().empty()) return false;
  XmlNode name, id;
  name.name = "OrganisationName", name.text = reference["display"].value();
  id.name = "Ident";
  Outbound none{Element{}};
  ident_to_xml(none, Row{"", "", Card::one, ident, {}, "9051"}, identifier, id);
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

const Rows kPerson = kPersonRows;
const Rows kProfessional = kProfessionalRows;
const Rows kOrganisation = kOrganisationRows;
const Rows kContactUnit = kContactUnitRows;
const Conversion organisation{organisation_to_fhir, organisation_to_xml};
const Conversion professional{professional_to_fhir, professional_to_xml};
const Conversion bystander{bystander_to_fhir, bystander_to_xml};

}  // namespace varde::mappings::plo
