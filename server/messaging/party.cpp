#include "server/messaging/party.h"

#include <algorithm>
#include <cctype>

#include "norway/her_id.h"

namespace varde::messaging {
namespace {

/// Any HER-id at any level below this receiver.
bool holds_her_id(const mappings::XmlNode& receiver, std::string_view her_id) {
  if (receiver.name == "Ident" && receiver.at("TypeId/@V") == "HER" &&
      norway::plain_her_id(receiver.at("Id")) == her_id)
    return true;
  return std::any_of(receiver.children.begin(), receiver.children.end(),
                     [&](const auto& child) { return holds_her_id(child, her_id); });
}

}  // namespace

std::string her_id_of(const mappings::Party& party) { return norway::plain_her_id(party.her_id().text); }

std::string sender_key(const mappings::Party& sender) {
  if (auto her = her_id_of(sender); !her.empty()) return her;
  for (const auto* ids : {&sender.department_ids, &sender.organisation_ids, &sender.person_ids})
    if (!ids->empty()) return ids->front().type + ":" + ids->front().value;
  return "unknown";
}

bool is_addressed_to(const mappings::Message& message, std::string_view her_id) {
  if (her_id_of(message.receiver) == her_id) return true;
  for (const auto& copy : message.copy_receivers)
    if (her_id_of(copy) == her_id) return true;
  for (const char* path : {"MsgInfo/Receiver", "MsgInfo/OtherReceiver"})
    for (const auto* receiver : message.document.all(path))
      if (holds_her_id(*receiver, her_id)) return true;
  return false;
}

bool shares_identifier(const std::vector<mappings::Identifier>& a, const std::vector<mappings::Identifier>& b,
                       std::string_view type) {
  for (const auto& one : a)
    for (const auto& other : b)
      if (one.type == other.type && (type.empty() || one.type == type) &&
          (one.type == "HER" ? norway::plain_her_id(one.value) == norway::plain_her_id(other.value)
                             : one.value == other.value))
        return true;
  return false;
}

bool is_same_party(const mappings::Party& a, const mappings::Party& b) {
  if (const auto her = her_id_of(a); !her.empty() && her == her_id_of(b)) return true;
  // A person at an organisation: not everybody has a HER-id of their own.
  const bool same_place = shares_identifier(a.organisation_ids, b.organisation_ids, "HER") ||
                          shares_identifier(a.department_ids, b.department_ids, "HER");
  return same_place && shares_identifier(a.person_ids, b.person_ids, {});
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
