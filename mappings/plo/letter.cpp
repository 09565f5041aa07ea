#include "mappings/plo/letter.h"

#include <array>

#include "fhir-model/text/trim.h"
#include "mappings/message_type.h"
#include "mappings/msghead/party.h"
#include "mappings/rows/digest.h"
#include "mappings/rows/interpreter.h"
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
                       {"S", oid_of_list(list)},
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
  add_ids(outer, party.organisation_ids, code_list::kOrganisationIds.number());
  XmlNode person = leaf("HealthcareProfessional", "");
  if (!party.person.empty()) {
    add_name(person, party.person);
    add_ids(person, party.person_ids, code_list::kPersonIds.number());
  }
  if (!party.department.empty()) {
    XmlNode inner = leaf("Organisation", "");
    inner.children.push_back(leaf("OrganisationName", party.department));
    add_ids(inner, party.department_ids, code_list::kOrganisationIds.number());
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
void add_contact(Inbound& inbound, Editor communication, const LetterHead& letter) {
  if (letter.contact_phone.empty()) return;
  XmlNode unit = leaf("Kontaktenhet", ""), telecom = leaf("TeleCom", ""), type = leaf("TypeTelecom", ""),
          address = leaf("TeleAddress", "");
  const bool inner = !letter.sender.department.empty();
  unit.children.push_back(leaf("OrganisationName", inner ? letter.sender.department : letter.sender.organisation));
  add_ids(unit, inner ? letter.sender.department_ids : letter.sender.organisation_ids,
          code_list::kOrganisationIds.number());
  type.attributes = {{"V", "HP"}, {"DN", "Hovedtelefon"}};
  std::string number = letter.contact_phone;
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

void add_responsible(Inbound& inbound, Editor communication, const LetterHead& letter) {
  if (letter.responsible.empty()) return;
  XmlNode person = leaf("AnsvarligRapport", "");
  add_name(person, letter.responsible);
  add_ids(person, letter.responsible_ids, code_list::kPersonIds.number());
  Editor about = communication.add("about");
  Editor part = about.add("extension");
  part.add("url", extension_url("part"));
  part.add("valueCode", "AnsvarForRapport");
  professional.to_fhir(inbound, Row{"AnsvarligRapport", "", Card::one, professional, kProfessional, "responsible"},
                       person, about, {});
  Editor approved = about.add("extension");
  approved.add("url", extension_url("approved"));
  approved.add("valueDate", letter.generated.substr(0, 10));
}

// --- the envelope --------------------------------------------------------------------------------------------------

void add_coding(Editor concept_, std::string_view oid, std::string_view code, std::string_view display) {
  Editor coding = concept_.add("coding");
  coding.add("system", std::string(kOid) + std::string(oid));
  coding.add("code", code);
  if (!display.empty()) coding.add("display", display);
}

void set_uuid(Editor identifier, const std::string& uuid) {
  identifier.set("system", kUuidSystem);
  identifier.set("value", "urn:uuid:" + uuid);
}

void fill_communication(Inbound& inbound, Editor communication, const LetterHead& letter) {
  set_uuid(communication.add("identifier"), letter.msg_id);
  const MessageType& type = *find_message_type(letter.type);
  communication.add("instantiatesUri", type.versions.front().ns);
  const auto& parent = letter.parent_id ? letter.parent_id : letter.conversation_id;
  const auto& whole = letter.conversation_id ? letter.conversation_id : letter.parent_id;
  if (parent) set_uuid(communication.add("inResponseTo").add("identifier"), *parent);
  if (whole) set_uuid(communication.add("partOf").add("identifier"), *whole);
  add_coding(communication.add("statusReason"), code_list::kMessageStatus.oid(), "N", "Ny");
  add_coding(communication.add("category"), code_list::kMessageTypes.oid(), type.code, type.name);
  communication.add("sent", letter.generated);
  set_party(inbound, communication.add("sender"), letter.sender, "sender");
  set_party(inbound, communication.add("recipient"), letter.receiver, "receiver");
  add_contact(inbound, communication, letter);
  add_responsible(inbound, communication, letter);
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
Result<void> check(const LetterHead& letter) {
  const auto missing = [](std::string what, std::string where) {
    return fail(Fault::required_missing, std::move(what), std::move(where));
  };
  if (!is_uuid(letter.msg_id))
    return fail(Fault::message_id_malformed, "The message id must be a UUID.", "LetterHead.msg_id");
  if (!norway::is_instant(letter.generated))
    return missing("The time of sending must have a time zone.", "LetterHead.generated");
  if (letter.sender.her_id().text.empty()) return missing("The sender has no HER-id.", "LetterHead.sender");
  if (letter.receiver.her_id().text.empty()) return missing("The receiver has no HER-id.", "LetterHead.receiver");
  if (!letter.patient["name"]) return missing("The patient has no name.", "Patient.name");
  if (!letter.patient["identifier"])
    return missing("The patient has no national identity number.", "Patient.identifier");
  return {};
}

// --- the text ------------------------------------------------------------------------------------------------------

void add_section(Editor composition, const TextPart& part) {
  if (part.text.empty()) return;
  Editor section = composition.add("section");
  section.add("title", part.heading);
  add_coding(section.add("code"), oid_of_list("9142"), part.code, part.heading);
  set_narrative(section, part.text, "additional");
}

void add_value(XmlNode& node, std::string_view name, const std::string& value) {
  if (!value.empty()) node.children.push_back(leaf(name, value));
}

/// EksisterendeTjeneste, in the order of HIS 80704.
void add_service(Inbound& inbound, Editor composition, const ServiceLine& service) {
  XmlNode node = leaf("EksisterendeTjeneste", "");
  add_value(node, "BetegnelseTjeneste", service.name);
  node.children.push_back(leaf("PrivatTjeneste", "false"));
  add_value(node, "TjenestenLevertAv", service.provider);
  add_value(node, "OpplysningerOmTjenesten", service.details);
  add_value(node, "Startdato", service.start);
  add_value(node, "Sluttdato", service.end);
  add_value(node, "Merknad", service.remark);
  section_fragment.to_fhir(inbound, Row{"EksisterendeTjeneste", "", Card::many, section_fragment}, node, composition,
                           "section");
}

void fill_composition(Inbound& inbound, Editor composition, Element sender, const CareLetter& letter) {
  const MessageType& type = *find_message_type(letter.type);
  set_uuid(composition.add("identifier"), letter.msg_id);
  add_coding(composition.add("type"), code_list::kMessageTypes.oid(), type.code, type.name);
  if (!letter.category.code.empty())
    add_coding(composition.add("category"), letter.category.oid, letter.category.code, letter.category.display);
  composition.add("date", letter.generated);
  Editor author = composition.add("author");
  copy(author, "identifier", sender["identifier"]);
  author.add("display", sender["display"].value());
  composition.add("title", letter.title.empty() ? type.name : std::string_view(letter.title));
  for (const auto& service : letter.services) add_service(inbound, composition, service);
  for (const auto& part : letter.parts) add_section(composition, part);
}

/// Communication and Patient.
void fill_head(Inbound& inbound, const LetterHead& letter) {
  Editor communication = inbound.add_resource("Communication");
  Editor patient = inbound.resource("Patient");
  for (const Element child : letter.patient.children())
    if (child.name() != "id" && child.name() != "meta" && child.name() != "text" && child.name() != "contained")
      copy(patient, child.name(), child);
  part_name(patient["name"]);
  fill_communication(inbound, communication, letter);
}

/// A Bundle with the head, and what `fill` adds.
template <class Fill>
Result<fhir::Tree> bundle_of(const LetterHead& letter, const Fill& fill) {
  FHIR_TRY(check(letter));
  fhir::Tree tree = fhir::Tree::of("Bundle");
  Editor bundle = tree.edit();
  set_uuid(bundle.add("identifier"), letter.msg_id);
  bundle.add("type", "collection");
  bundle.add("timestamp", letter.generated);
  Message message;  // names what the Bundle holds
  message.id.text = letter.msg_id;
  Inbound inbound(message, tree);
  fill_head(inbound, letter);
  fill(inbound);
  prune(bundle);
  return tree;
}

}  // namespace

Result<fhir::Tree> letter_head_bundle(const LetterHead& letter) {
  return bundle_of(letter, [](Inbound&) {});
}

Result<fhir::Tree> care_letter_bundle(const CareLetter& letter) {
  return bundle_of(letter, [&](Inbound& inbound) {
    Editor composition = inbound.add_resource("Composition");
    fill_composition(inbound, composition, inbound.resource("Communication")["sender"], letter);
    for (const auto& diagnosis : letter.diagnoses) {
      Editor condition = inbound.add_resource("Condition", "InfoMedisinskDiagnose/MedisinskDiagnose");
      add_coding(condition.add("code"), diagnosis.oid, diagnosis.code, diagnosis.display);
      Editor main = condition.add("extension");
      main.add("url", extension_url("main-diagnosis"));
      main.add("valueBoolean", &diagnosis == &letter.diagnoses.front() ? "true" : "false");
    }
  });
}

}  // namespace varde::mappings
