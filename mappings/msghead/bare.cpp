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
    return;
  }
}

}  // namespace varde::mappings::msghead
