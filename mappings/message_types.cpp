#include "mappings/message_type.h"

#include <algorithm>
#include <array>

#include "mappings/plo/mapping.h"
#include "mappings/reader/xml_node.h"

namespace varde::mappings {
namespace {

/// Made on first use: what a row names is a constant of another file.
const auto& types() {
  static const std::array rows{
#define MESSAGE_TYPE(code, name, direction, about, event, branch, mapping, effect) \
  MessageType{code,  name,   Direction::direction,  About::about,                  \
              event, branch, plo::mapping.versions, plo::mapping.payload.empty() ? nullptr : &plo::mapping},
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

std::span<const MessageType> message_types() { return types(); }

const MessageType* find_message_type(std::string_view code) {
  const auto found = std::ranges::find(types(), code, &MessageType::code);
  return found == types().end() ? nullptr : &*found;
}

}  // namespace varde::mappings
