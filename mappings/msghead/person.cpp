#include "mappings/msghead/person.h"

#include <algorithm>
#include <array>

#include "mappings/rows/names.h"
#include "norway/identifiers.h"
#include "norway/identity_number.h"

namespace varde::mappings::msghead {
namespace {

using fhir::Editor;
using fhir::Element;

// --- identifiers ---------------------------------------------------------------------------------------------------

/// Ident: {Id, TypeId}. The type stands in Identifier.type as it came; the system follows from it.
void ident_to_fhir(Inbound&, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  constexpr std::string_view kWhite = " \t\r\n";
  auto value = from.at("Id");
  value.remove_prefix(std::min(value.find_first_not_of(kWhite), value.size()));
  value = value.substr(0, value.find_last_not_of(kWhite) + 1);
  if (value.empty()) return;
  Editor identifier = parent.add(name);
  const XmlNode* type = from.child("TypeId");
  if (type) read_coded(*type, row.about, identifier, "type");
  auto code = type ? type->attribute("V") : std::string_view();
  // A D-number is one whatever the sender calls it: else the same person would have two identifiers.
  if (const auto own = norway::kind_of_number(value); !own.empty() && (code == "FNR" || code == "DNR")) code = own;
  if (const auto* kind = norway::identifier_kind(code)) identifier.add("system", kind->system);
  identifier.add("value", value);
}

bool ident_to_xml(Outbound&, const Row& row, Element value, XmlNode& out) {
  const auto number = value["value"].value();
  if (number.empty()) return false;
  XmlNode id, type;
  id.name = "Id", id.text = number;
  type.name = "TypeId";
  const Element coding = value["type"]["coding"];
  const auto* kind = norway::identifier_kind_of_system(value["system"].value());
  const auto put = [&](std::string_view attribute, std::string_view written) {
    if (!written.empty()) type.attributes.emplace_back(attribute, written);
  };
  if (const auto list = oid_of(coding["system"].value()); !coding["code"].value().empty() && !list.empty()) {
    put("V", coding["code"].value());
    put("S", list);
    put("DN", coding["display"].value());
    put("OT", coding.extension(extension_url("original-text"))["valueString"].value());
  } else if (kind) {
    put("V", kind->code);
    put("S", oid_of_list(kind->list));
    put("DN", kind->display);
  } else {  // a register we do not know: other (persons), local (organisations)
    const bool person = row.about == code_list::kPersonIds.number();
    put("V", person ? "XXX" : "LOK");
    put("S", oid_of_list(row.about));
    put("DN", person ? "Annet" : "Lokal identifikator uten nærmere angivelse");
  }
  out.children = {std::move(id), std::move(type)};
  return true;
}

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
const std::array kPlainAddressRows{
    //  message       FHIR          card            conversion
    Row{"Type",       "",           Card::optional, address_kind},
    Row{"StreetAdr",  "line",       Card::optional, street},
    Row{"PostalCode", "postalCode", Card::optional, text},
    Row{"City",       "city",       Card::optional, text},
    Row{"County",     "district",   Card::optional, coded_text, {}, "3402"},
    Row{"Country",    "country",    Card::optional, coded_text, {}, code_list::kCountries.number()},
};
const std::array kAddressRows{
    Row{"",           "",           Card::one,      nested, kPlainAddressRows},
    Row{"Postbox",    "line",       Card::many,     post_box},
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
    if (!read_coded(*type, code_list::kTelecom.number(), extension, "valueCoding")) point.remove("extension");
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
    coded_cs.to_xml(outbound, Row{"", "", Card::one, coded_cs, {}, code_list::kTelecom.number()}, coding, type);
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

// --- tables --------------------------------------------------------------------------------------------------------

// clang-format off
const std::array kAnyPersonRows{
    //  message        FHIR                                                  card            conversion
    Row{"FamilyName",  "name.family",                                        Card::optional, text},
    Row{"MiddleName",  "name.extension(middlename).valueString",             Card::optional, text},
    Row{"GivenName",   "name.given",                                         Card::optional, given},
    Row{"DateOfBirth", "birthDate",                                          Card::optional, date_text},
    Row{"Sex",         "gender",                                             Card::optional, sex},
    Row{"Ident",       "identifier",                                         Card::many,     ident, {}, code_list::kPersonIds.number()},
    Row{"Address",     "address",                                            Card::optional, nested, kAddressRows},
    Row{"TeleCom",     "telecom",                                            Card::many,     telecom},
};
const std::array kPersonRows{
    Row{"",            "",                                                   Card::one,      nested, kAnyPersonRows},
    Row{"Nationality", "extension(citizenship).extension(=code).valueCodeableConcept", Card::optional, coded_cs, {}, code_list::kCountries.number()},
};
/// HL7's extension for citizenship stands on a Patient only.
const std::array kRelativePersonRows{
    Row{"",            "",                                                   Card::one,      nested, kAnyPersonRows},
    Row{"Nationality", "content()",                                          Card::optional, fragment},
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
    Row{"Ident",                      "practitioner->identifier",                     Card::many,     ident, {}, code_list::kPersonIds.number()},
    Row{"Address",                    "practitioner->address",                        Card::optional, nested, kAddressRows},
    Row{"TeleCom",                    "practitioner->telecom",                        Card::many,     telecom},
};
// clang-format on

}  // namespace

const Rows kAddress = kAddressRows;
const Rows kPlainAddress = kPlainAddressRows;
const Rows kPerson = kPersonRows;
const Rows kRelativePerson = kRelativePersonRows;
const Rows kProfessional = kProfessionalRows;
const Conversion ident{ident_to_fhir, ident_to_xml};
const Conversion telecom{telecom_to_fhir, telecom_to_xml};

}  // namespace varde::mappings::msghead
