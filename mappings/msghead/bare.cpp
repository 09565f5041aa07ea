#include "mappings/msghead/bare.h"

#include <algorithm>
#include <array>

#include "mappings/msghead/parties.h"

namespace varde::mappings::msghead {
namespace {

constexpr std::string_view kStandards = "http://www.kith.no/xmlstds/";

/// A request goes to the provider of the service, a report comes from it.
struct Direction {
  std::string_view content, sender, receiver;
};
// clang-format off
constexpr std::array kDirections{
    Direction{"ServReq",    "Requester",    "ServProvider"},
    Direction{"ServRprt",   "ServProvider", "Requester"},
    Direction{"ServReport", "ServProvider", "Requester"},
};
// clang-format on

Party party_below(const XmlNode& content, std::string_view element) {
  const XmlNode* party = content.child(element);
  const XmlNode* unit = party ? party->child("HCP") : nullptr;
  return unit ? read_unit(*unit) : Party{};
}

}  // namespace

bool is_bare(const XmlNode& document) { return document.name == "Message" && document.ns.starts_with(kStandards); }

const XmlNode* bare_content(const XmlNode& document) {
  for (const auto& direction : kDirections)
    if (const XmlNode* content = document.child(direction.content)) return content;
  return nullptr;
}

SplitName split_name(std::string_view name) {
  const std::string whole = trimmed(name);
  if (const auto comma = whole.find(','); comma != std::string::npos)
    return {trimmed(std::string_view(whole).substr(0, comma)), trimmed(std::string_view(whole).substr(comma + 1))};
  const auto space = whole.rfind(' ');
  if (space == std::string::npos) return {whole, {}};
  return {whole.substr(space + 1), trimmed(std::string_view(whole).substr(0, space))};
}

PatientIdentity read_bare_patient(const XmlNode& patient) {
  const auto name = split_name(patient.at("Name"));
  PatientIdentity identity{.family = name.family,
                           .middle = {},
                           .given = name.given,
                           .birth_date = trimmed(patient.at("DateOfBirth/@V")).substr(0, 10),
                           .sex = trimmed(patient.at("Sex/@V")),
                           .ids = {}};
  if (Identifier id{trimmed(patient.at("OffId")), std::string(patient.at("TypeOffId/@V"))}; !id.value.empty())
    identity.ids.push_back(std::move(id));
  for (const XmlNode* other : patient.all("AdditionalId"))
    if (Identifier id{trimmed(other->at("Id")), std::string(other->at("Type/@V"))}; !id.value.empty())
      identity.ids.push_back(std::move(id));
  return identity;
}

void read_bare_envelope(Message& message) {
  const XmlNode& document = message.document;
  message.type = document.at("Type/@V");
  message.id.text = trimmed(document.at("MsgId"));
  message.generated = trimmed(document.at("GenDate/@V"));
  for (const auto& direction : kDirections) {
    const XmlNode* content = document.child(direction.content);
    if (content == nullptr) continue;
    message.sender = party_below(*content, direction.sender);
    message.receiver = party_below(*content, direction.receiver);
    for (const XmlNode* copy : content->all("CopyDest/HCP")) message.copy_receivers.push_back(read_unit(*copy));
    if (const XmlNode* patient = content->child("Patient")) message.patient = read_bare_patient(*patient);
    if (const auto* type = find_bare_type(message.type, *content)) message.type = type->code;
    return;
  }
}

}  // namespace varde::mappings::msghead
