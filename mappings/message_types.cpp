#include "mappings/message_type.h"

#include <algorithm>
#include <array>

#include "mappings/reader/xml_node.h"
#include "mappings/rows/mapping.h"

namespace varde::mappings {
namespace {

/// Made on first use: what a row names is a constant of another file.
const auto& types() {
  static const std::array rows{
#define MESSAGE_TYPE(code, name, direction, about, event, branch, mapping, effect) \
  MessageType{code,  name,   Direction::direction, About::about,                   \
              event, branch, (mapping).versions,   (mapping).payload.empty() ? nullptr : &(mapping)},
#include "mappings/message_types.inc"
#undef MESSAGE_TYPE
  };
  return rows;
}

bool holds_branch_of_another(const MessageType& type, const XmlNode& payload) {
  return std::ranges::any_of(types(), [&](const MessageType& other) {
    return other.code != type.code && !other.branch.empty() && other.versions.data() == type.versions.data() &&
           payload.child(other.branch) != nullptr;
  });
}

}  // namespace

const MessageVersion* MessageType::version_of(const XmlNode& payload) const {
  const auto found = std::ranges::find_if(
      versions, [&](const MessageVersion& each) { return each.root == payload.name && each.ns == payload.ns; });
  // The logistics messages share a root, and their effects differ too much to let type and content disagree
  // (HIS 1149:2014).
  return found == versions.end() || holds_branch_of_another(*this, payload) ? nullptr : &*found;
}

const MessageVersion* MessageType::version(std::string_view number) const {
  const auto found = std::ranges::find(versions, number, &MessageVersion::number);
  return found == versions.end() ? nullptr : &*found;
}

const MessageType* find_bare_type(std::string_view announced, const XmlNode& payload) {
  if (const auto* type = find_message_type(announced)) return type;
  const auto found = std::ranges::find_if(types(), [&](const MessageType& type) {
    const MessageVersion* version = type.version_of(payload);
    return version && !version->announced.empty() && version->announced == announced;
  });
  return found == types().end() ? nullptr : &*found;
}

std::span<const MessageType> message_types() { return types(); }

const MessageType* find_message_type(std::string_view code) {
  const auto found = std::ranges::find(types(), code, &MessageType::code);
  return found == types().end() ? nullptr : &*found;
}

}  // namespace varde::mappings
