#include "server/messaging/party.h"

#include <algorithm>
#include <cctype>

namespace varde::messaging {
namespace {

/// Any HER-id at any level below this receiver.
bool holds_her_id(const mappings::XmlNode& receiver, std::string_view her_id) {
  if (receiver.name == "Ident" && receiver.at("TypeId/@V") == "HER" && plain_her_id(receiver.at("Id")) == her_id)
    return true;
  return std::any_of(receiver.children.begin(), receiver.children.end(),
                     [&](const auto& child) { return holds_her_id(child, her_id); });
}

}  // namespace

std::string plain_her_id(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') digits += c;
    else if (c != '.' && c != ' ' && c != '\t' && c != '\n' && c != '\r') return {};
  }
  return digits;
}

std::string her_id_of(const mappings::Party& party) { return plain_her_id(party.her_id().text); }

bool is_addressed_to(const mappings::Message& message, std::string_view her_id) {
  if (her_id_of(message.receiver) == her_id) return true;
  for (const char* path : {"MsgInfo/Receiver", "MsgInfo/OtherReceiver"})
    for (const auto* receiver : message.document.all(path))
      if (holds_her_id(*receiver, her_id)) return true;
  return false;
}

std::string display_of(const mappings::Party& party) {
  std::string text = party.organisation;
  for (const auto* part : {&party.department, &party.person})
    if (!part->empty()) text += (text.empty() ? "" : ", ") + *part;
  return text;
}

std::string same_case(std::string_view uuid) {
  std::string lower(uuid);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

}  // namespace varde::messaging
