#include "mappings/msghead/bare_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mappings/msghead/bare.h"
#include "mappings/msghead/head.h"
#include "mappings/msghead/person.h"
#include "mappings/rows/names.h"
#include "norway/identifiers.h"

namespace varde::mappings::msghead {
namespace {

using fhir::Editor;
using fhir::Element;

// clang-format off
const std::array kInfoRows{
    //  message   FHIR                        card            conversion
    Row{"GenDate", "Communication.sent",       Card::one,      time_ts},
    Row{"MsgId",   "Communication.identifier", Card::one,      uuid_reference},
    Row{"ServReq",    "",                      Card::optional, elsewhere},
    Row{"ServRprt",   "",                      Card::optional, elsewhere},
    Row{"ServReport", "",                      Card::optional, elsewhere},
    Row{"*",       "Communication.content()",  Card::many,     fragment},
};

const std::array kOfficialIdRows{
    Row{"OffId",     "value", Card::optional, text},
    Row{"TypeOffId", "type",  Card::optional, coded_cs, {}, "8327"},
};

const std::array kAddressRows{
    Row{"",  "",          Card::one,  nested, kPlainAddress},
    Row{"*", "content()", Card::many, fragment},
};

const std::array kPatientRows{
    //  message        FHIR                card            conversion
    Row{"Name",        "name.text",        Card::optional, text},
    Row{"",            "identifier",       Card::optional, nested, kOfficialIdRows},
    Row{"Sex",         "gender",           Card::optional, sex},
    Row{"DateOfBirth", "birthDate",        Card::optional, day_ts},
    Row{"DateOfDeath", "deceasedDateTime", Card::optional, time_ts},
    Row{"Address",     "address",          Card::many,     nested, kAddressRows},
};
// clang-format on

// --- parties -------------------------------------------------------------------------------------------------------

/// Who it is, as every other message names a party: the identifier it is addressed by, and its names.
void name_party(Editor reference, const Party& party) {
  const auto* ids = !party.person_ids.empty() ? &party.person_ids : &party.department_ids;
  const auto is_her = [](const Identifier& id) { return id.type == "HER"; };
  for (const auto* level : {&party.person_ids, &party.department_ids, &party.organisation_ids})
    if (std::ranges::any_of(*level, is_her)) {
      ids = level;
      break;
    }
  if (ids->empty()) ids = &party.organisation_ids;
  auto chosen = std::ranges::find_if(*ids, is_her);
  if (chosen == ids->end()) chosen = ids->begin();
  if (chosen != ids->end()) {
    Editor identifier = reference.ensure("identifier");
    if (const auto* kind = norway::identifier_kind(chosen->type)) identifier.set("system", kind->system);
    identifier.set("value", chosen->value);
  }
  std::string shown = party.organisation;
  for (const std::string& inner : {party.department, party.person})
    if (!inner.empty()) shown += (shown.empty() ? "" : ", ") + inner;
  if (!shown.empty()) reference.set("display", shown);
}

XmlNode leaf(std::string_view name, std::string_view value) {
  XmlNode node;
  node.name = name, node.text = value;
  return node;
}

XmlNode coded(std::string_view name, std::string_view code, std::string_view display) {
  XmlNode node;
  node.name = name;
  node.attributes = {{"V", std::string(code)}};
  if (!display.empty()) node.attributes.emplace_back("DN", display);
  return node;
}

/// HCP/Inst of a reference that names a party.
XmlNode party_element(std::string_view name, Element reference) {
  const auto* kind = norway::identifier_kind_of_system(reference["identifier"]["system"].value());
  XmlNode party = leaf(name, ""), unit = leaf("HCP", ""), institution = leaf("Inst", "");
  institution.children.push_back(leaf("Name", reference["display"].value()));
  institution.children.push_back(leaf("Id", reference["identifier"]["value"].value()));
  institution.children.push_back(coded("TypeId", kind ? kind->code : "HER", kind ? kind->display : "HER-id"));
  unit.children.push_back(std::move(institution));
  party.children.push_back(std::move(unit));
  return party;
}

void complete_parties(const Outbound& outbound, XmlNode& content) {
  const Element communication = outbound.resource("Communication");
  const bool request = content.name == "ServReq";
  if (!content.child("Requester"))
    content.children.push_back(
        party_element("Requester", request ? communication["sender"] : communication["recipient"]));
  if (!content.child("ServProvider"))
    content.children.push_back(
        party_element("ServProvider", request ? communication["recipient"] : communication["sender"]));
}

/// Of a patient whose name others wrote in its parts.
void complete_patient(const Outbound& outbound, XmlNode& content) {
  const Element patient = outbound.resource("Patient"), name = patient["name"];
  const auto found = std::ranges::find(content.children, "Patient", &XmlNode::name);
  if (found == content.children.end()) return;
  if (!found->child("Name")) {
    std::string whole(name["family"].value());
    std::string given;
    for (const Element each : name.each("given")) given += (given.empty() ? "" : " ") + std::string(each.value());
    if (!given.empty()) whole += (whole.empty() ? "" : ", ") + given;
    if (!whole.empty()) found->children.push_back(leaf("Name", whole));
  }
  if (found->child("TypeOffId") || !found->child("OffId")) return;
  if (const auto* kind = norway::identifier_kind_of_system(patient["identifier"]["system"].value()))
    found->children.push_back(coded("TypeOffId", kind->code, kind->display));
}

void complete_status(const Outbound& outbound, XmlNode& content) {
  if (content.child("ServType")) return;
  XmlNode status = coded("ServType", "N", "Ny");
  for (const Element coding : outbound.resource("Communication")["statusReason"].each("coding"))
    if (oid_of(coding["system"].value()) == code_list::kMessageStatus.oid())
      status = coded("ServType", coding["code"].value(), coding["display"].value());
  content.children.push_back(std::move(status));
}

// --- documents -----------------------------------------------------------------------------------------------------

// clang-format off
const std::array kRefDocRows{
    Row{"MsgType", "content()", Card::optional, fragment},
    Row{"",        "",          Card::one,      nested, kAttachedDocument},
};
// clang-format on

}  // namespace

const Rows kBareInfo = kInfoRows;
const Rows kBarePatient = kPatientRows;
const Conversion elsewhere{nullptr, nullptr};

void derive_bare(Inbound& inbound) {
  const Message& message = inbound.message;
  Editor communication = inbound.resource("Communication");
  const MessageType* type = find_message_type(message.type);
  if (type) {
    Editor coding = communication.ensure("category").add("coding");
    coding.add("system", code_list::kMessageTypes.system);
    coding.add("code", type->code);
    coding.add("display", type->name);
  }
  name_party(communication.ensure("sender"), message.sender);
  name_party(communication.ensure("recipient"), message.receiver);
  const XmlNode* payload = message.payload();
  if (const XmlNode* status = payload ? payload->child("ServType") : nullptr)
    read_coded(*status, code_list::kMessageStatus.number(), communication, "statusReason");
}

void derive_bare_patient(Inbound& inbound) {
  Editor patient = inbound.resource("Patient");
  if (Editor name = patient["name"] ? patient.edit(patient["name"]) : Editor{}; name) {
    const auto parts = split_name(name["text"].value());
    if (!parts.family.empty()) name.set("family", parts.family);
    if (!parts.given.empty()) name.add("given", parts.given);
  }
  if (const Element identifier = patient["identifier"]; identifier["value"].has_value())
    if (const auto* kind = norway::identifier_kind(identifier["type"]["coding"]["code"].value()))
      patient.edit(identifier).set("system", kind->system);
}

void read_bare_documents(Inbound& inbound, std::string_view original) {
  read_documents(inbound, original);
  if (const XmlNode* payload = inbound.message.payload())
    for (const XmlNode* attached : payload->all("RefDoc")) read_attachment(inbound, kRefDocRows, *attached);
}

void write_bare_documents(Outbound& outbound, XmlNode& content) {
  for (const Element document : outbound.all("DocumentReference")) {
    if (tag_of(document) != kAttachmentTag) continue;
    XmlNode made = leaf("RefDoc", "");
    if (!write(outbound, kRefDocRows, document, made)) continue;
    if (!made.child("MsgType")) made.children.push_back(coded("MsgType", "A", "Vedlegg"));
    content.children.push_back(std::move(made));
  }
}

bool is_bare(const MessageVersion& version) {
  XmlNode message, content;
  content.name = version.root;
  message.children.push_back(std::move(content));
  return bare_content(message) != nullptr;
}

XmlNode bare_message(Outbound& outbound, const MessageType& type, const MessageVersion& version, XmlNode content) {
  XmlNode message = leaf("Message", "");
  message.ns = version.ns;
  write(outbound, kBareInfo, outbound.resource("Communication"), message);
  if (!message.child("Type"))
    message.children.push_back(coded("Type", version.announced.empty() ? type.code : version.announced, type.name));
  if (!message.child("MIGversion")) {
    const auto date = version.ns.substr(version.ns.rfind('/') + 1);
    message.children.push_back(leaf("MIGversion", fmt::format("v{} {}", version.number, date)));
  }
  complete_status(outbound, content);
  complete_parties(outbound, content);
  complete_patient(outbound, content);
  write_bare_documents(outbound, content);
  message.children.push_back(std::move(content));
  return message;
}

}  // namespace varde::mappings::msghead
