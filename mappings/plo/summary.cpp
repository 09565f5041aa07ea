#include "mappings/plo/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/text/trim.h"
#include "mappings/msghead/party.h"
#include "mappings/rows/digest.h"
#include "mappings/rows/names.h"
#include "mappings/rows/section.h"
#include "norway/identifiers.h"
#include "norway/message_time.h"

namespace varde::mappings {
namespace {

using namespace rows;
using namespace msghead;
using fhir::Editor;
using fhir::Element;
using fhir::text::trimmed;

// --- the list of measurements -------------------------------------------------------------------------------------

struct Level {
  std::string_view code, norwegian;
};
constexpr std::array kLevels{Level{"green", "grønn"}, Level{"yellow", "gul"}, Level{"red", "RØD"},
                             Level{"grey", "ingen grenser"}};

std::string_view in_norwegian(std::string_view level) {
  const auto row = std::ranges::find(kLevels, level, &Level::code);
  return row == kLevels.end() ? level : row->norwegian;
}

}  // namespace

std::string measurement_list(const std::vector<MeasurementLine>& lines) {
  std::string list;
  for (const auto& line : lines)
    list += fmt::format("{}{} – {}: {}{}{} ({})", list.empty() ? "" : "\n", norway::to_reader(line.when), line.what,
                        line.value, line.unit.empty() ? "" : " ", line.unit, in_norwegian(line.level));
  return list;
}

namespace {

// --- parties -------------------------------------------------------------------------------------------------------

XmlNode leaf(std::string_view name, std::string_view value) {
  XmlNode node;
  node.name = name, node.text = value;
  return node;
}

void add_ids(XmlNode& node, const std::vector<Identifier>& ids, std::string_view list) {
  for (const auto& id : ids) {
    const auto* kind = norway::identifier_kind(id.type);
    XmlNode made = leaf("Ident", ""), type = leaf("TypeId", "");
    type.attributes = {{"V", id.type},
                       {"S", std::string(kVolven) + std::string(list)},
                       {"DN", std::string(kind ? kind->display : std::string_view(id.type))}};
    made.children = {leaf("Id", id.value), std::move(type)};
    node.children.push_back(std::move(made));
  }
}

/// "Given Middle Family" as the message wants it: the last word is the family name.
void add_name(XmlNode& node, const std::string& person) {
  const auto space = person.rfind(' ');
  node.children.push_back(leaf("FamilyName", space == std::string::npos ? person : person.substr(space + 1)));
  if (space != std::string::npos) node.children.push_back(leaf("GivenName", person.substr(0, space)));
}

/// A Party as the element of a message that the rows of party.h read.
XmlNode organisation_node(const Party& party) {
  XmlNode outer = leaf("Organisation", "");
  outer.children.push_back(leaf("OrganisationName", party.organisation));
  add_ids(outer, party.organisation_ids, "9051");
  XmlNode person = leaf("HealthcareProfessional", "");
  if (!party.person.empty()) {
    add_name(person, party.person);
    add_ids(person, party.person_ids, "8116");
  }
  if (!party.department.empty()) {
    XmlNode inner = leaf("Organisation", "");
    inner.children.push_back(leaf("OrganisationName", party.department));
    add_ids(inner, party.department_ids, "9051");
    if (!party.person.empty()) inner.children.push_back(std::move(person));
    outer.children.push_back(std::move(inner));
  } else if (!party.person.empty()) {
    outer.children.push_back(std::move(person));
  }
  return outer;
}

void set_party(Inbound& inbound, Editor reference, const Party& party, std::string_view stem) {
  organisation.to_fhir(inbound, Row{"Organisation", "", Card::one, organisation, kOrganisation, stem},
                       organisation_node(party), reference, {});
}

/// Who the GP can call: the unit that sends, with its telephone number (HITS 1174).
void add_contact(Inbound& inbound, Editor communication, const GpSummary& summary) {
  if (summary.contact_phone.empty()) return;
  XmlNode unit = leaf("Kontaktenhet", ""), telecom = leaf("TeleCom", ""), type = leaf("TypeTelecom", ""),
          address = leaf("TeleAddress", "");
  const bool inner = !summary.sender.department.empty();
  unit.children.push_back(leaf("OrganisationName", inner ? summary.sender.department : summary.sender.organisation));
  add_ids(unit, inner ? summary.sender.department_ids : summary.sender.organisation_ids, "9051");
  type.attributes = {{"V", "HP"}, {"DN", "Hovedtelefon"}};
  std::string number = summary.contact_phone;
  std::erase(number, ' ');
  address.attributes = {{"V", "tel:" + number}};
  telecom.children = {std::move(type), std::move(address)};
  unit.children.push_back(std::move(telecom));
  Editor about = communication.add("about");
  Editor part = about.add("extension");
  part.add("url", extension_url("part"));
  part.add("valueCode", "TilknyttetEnhet");
  organisation.to_fhir(inbound, Row{"Kontaktenhet", "", Card::one, organisation, kContactUnit, "unit"}, unit, about,
                       {});
}

void add_responsible(Inbound& inbound, Editor communication, const GpSummary& summary) {
  if (summary.responsible.empty()) return;
  XmlNode person = leaf("AnsvarligRapport", "");
  add_name(person, summary.responsible);
  add_ids(person, summary.responsible_ids, "8116");
  Editor about = communication.add("about");
  Editor part = about.add("extension");
  part.add("url", extension_url("part"));
  part.add("valueCode", "AnsvarForRapport");
  professional.to_fhir(inbound, Row{"AnsvarligRapport", "", Card::one, professional, kProfessional, "responsible"},
                       person, about, {});
  Editor approved = about.add("extension");
  approved.add("url", extension_url("approved"));
  approved.add("valueDate", summary.generated.substr(0, 10));
}

// --- parts of the Bundle -------------------------------------------------------------------------------------------

void add_coding(Editor concept_, std::string_view oid, std::string_view code, std::string_view display) {
  Editor coding = concept_.add("coding");
  coding.add("system", std::string(kOid) + std::string(oid));
  coding.add("code", code);
  if (!display.empty()) coding.add("display", display);
}

std::string volven(std::string_view list) { return std::string(kVolven) + std::string(list); }

void set_uuid(Editor identifier, const std::string& uuid) {
  identifier.set("system", kUuidSystem);
  identifier.set("value", "urn:uuid:" + uuid);
}

void fill_communication(Inbound& inbound, Editor communication, const GpSummary& summary) {
  set_uuid(communication.add("identifier"), summary.msg_id);
  communication.add("instantiatesUri", "http://www.kith.no/xmlstds/po/HelseopplysningerTilLege/2012-04-01");
  const auto& parent = summary.parent_id ? summary.parent_id : summary.conversation_id;
  const auto& whole = summary.conversation_id ? summary.conversation_id : summary.parent_id;
  if (parent) set_uuid(communication.add("inResponseTo").add("identifier"), *parent);
  if (whole) set_uuid(communication.add("partOf").add("identifier"), *whole);
  add_coding(communication.add("statusReason"), volven("7309"), "N", "Ny");
  add_coding(communication.add("category"), volven("8279"), kGpSummaryType, find_message_type(kGpSummaryType)->name);
  communication.add("sent", summary.generated);
  set_party(inbound, communication.add("sender"), summary.sender, "sender");
  set_party(inbound, communication.add("recipient"), summary.receiver, "receiver");
  add_contact(inbound, communication, summary);
  add_responsible(inbound, communication, summary);
}

struct Heading {
  std::string_view code, display;  ///< list 9142
};

void add_section(Editor composition, const Heading& heading, std::string_view text) {
  if (text.empty()) return;
  Editor section = composition.add("section");
  section.add("title", heading.display);
  add_coding(section.add("code"), volven("9142"), heading.code, heading.display);
  set_narrative(section, text, "additional");
}

/// The measurements and what they are read against.
std::string findings(const GpSummary& summary) {
  std::string text;
  if (!summary.measurements.empty()) text = "Siste målinger hjemme:\n" + measurement_list(summary.measurements);
  if (!summary.limits.empty())
    text.append(text.empty() ? "" : "\n\n").append("Gjeldende grenser:\n").append(summary.limits);
  return text;
}

void fill_composition(Editor composition, Element sender, const GpSummary& summary) {
  set_uuid(composition.add("identifier"), summary.msg_id);
  add_coding(composition.add("type"), volven("8279"), kGpSummaryType, find_message_type(kGpSummaryType)->name);
  const bool report = summary.purpose == SummaryPurpose::status_report;
  add_coding(composition.add("category"), volven("9137"), report ? "2" : "3",
             report ? "Statusrapport" : "Ønske om legevurdering");
  composition.add("date", summary.generated);
  Editor author = composition.add("author");
  copy(author, "identifier", sender["identifier"]);
  author.add("display", sender["display"].value());
  composition.add("title",
                  summary.title.empty() ? std::string("Statusrapport digital hjemmeoppfølging") : summary.title);
  add_section(composition, {"PROB", "Aktuell problemstilling"}, summary.status);
  add_section(composition, {"FU", "Funn og undersøkelsesresultat"}, findings(summary));
  add_section(composition, {"VU", "Vurdering"}, summary.assessment);
  add_section(composition, {"OP", "Planer for videre oppfølging"}, summary.plan);
}

void add_diagnoses(Inbound& inbound, const GpSummary& summary) {
  for (const auto& diagnosis : summary.diagnoses) {
    Editor condition = inbound.add_resource("Condition", "InfoMedisinskDiagnose/MedisinskDiagnose");
    add_coding(condition.add("code"), diagnosis.oid, diagnosis.code, diagnosis.display);
    Editor main = condition.add("extension");
    main.add("url", extension_url("main-diagnosis"));
    main.add("valueBoolean", &diagnosis == &summary.diagnoses.front() ? "true" : "false");
  }
}

/// The message carries the name in parts. A name that is only text: "Blåbær, Kari Åse" or "Kari Åse Blåbær".
void part_name(Editor name) {
  if (!name || name["family"] || !name["text"]) return;
  const std::string text(trimmed(name["text"].value()));
  const auto comma = text.find(',');
  const auto part = comma == std::string::npos ? text.rfind(' ') : comma;
  const bool parted = part != std::string::npos;
  const std::string_view before = trimmed(std::string_view(text).substr(0, parted ? part : 0));
  const std::string_view after = trimmed(std::string_view(text).substr(parted ? part + 1 : 0));
  name.set("family", comma == std::string::npos ? after : before);
  const auto given = comma == std::string::npos ? before : after;
  if (!given.empty() && !name["given"]) name.add("given", given);
}

/// What no message may lack.
Result<void> check(const GpSummary& summary) {
  const auto missing = [](std::string what, std::string where) {
    return fail(Fault::required_missing, std::move(what), std::move(where));
  };
  if (!is_uuid(summary.msg_id))
    return fail(Fault::message_id_malformed, "The message id must be a UUID.", "GpSummary.msg_id");
  if (!norway::is_instant(summary.generated))
    return missing("The time of sending must have a time zone.", "GpSummary.generated");
  if (summary.sender.her_id().text.empty()) return missing("The sender has no HER-id.", "GpSummary.sender");
  if (summary.receiver.her_id().text.empty()) return missing("The receiver has no HER-id.", "GpSummary.receiver");
  if (!summary.patient["name"]) return missing("The patient has no name.", "Patient.name");
  if (!summary.patient["identifier"])
    return missing("The patient has no national identity number.", "Patient.identifier");
  if (summary.status.empty()) return missing("A summary must say what is the matter.", "GpSummary.status");
  return {};
}

}  // namespace

Result<fhir::Tree> gp_summary_bundle(const GpSummary& summary) {
  FHIR_TRY(check(summary));
  fhir::Tree tree = fhir::Tree::of("Bundle");
  Editor bundle = tree.edit();
  set_uuid(bundle.add("identifier"), summary.msg_id);
  bundle.add("type", "collection");
  bundle.add("timestamp", summary.generated);
  Message message;  // names what the Bundle holds
  message.id.text = summary.msg_id;
  Inbound inbound(message, tree);
  Editor communication = inbound.add_resource("Communication");
  Editor patient = inbound.resource("Patient");
  for (const Element child : summary.patient.children())
    if (child.name() != "id" && child.name() != "meta" && child.name() != "text" && child.name() != "contained")
      copy(patient, child.name(), child);
  part_name(patient["name"]);
  fill_communication(inbound, communication, summary);
  fill_composition(inbound.add_resource("Composition"), communication["sender"], summary);
  add_diagnoses(inbound, summary);
  prune(bundle);
  return tree;
}

}  // namespace varde::mappings
