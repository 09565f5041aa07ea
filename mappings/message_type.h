#pragma once
/// @file mappings/message_type.h
/// What is known of a type of message, once and for all: one row of mappings/message_types.inc per type. Everything
/// that asks "which root, which version, which AppRec, what does it do" asks here. Sources: code list 8279; HIS
/// 80704:2009 and 2014 with their profiles HIS 1143-1149, HIS 80603, HIS 1150 (roots, namespaces); HITS 1168:2016 8.3
/// (AppRec versions); code list 9121 (events). Constant data; any thread.
#include <cstdint>
#include <span>
#include <string_view>

namespace varde::mappings {

struct XmlNode;
namespace rows {
struct Mapping;
}

/// The payload in one version of the standard. Its schema is the definition in conformance/messages with that
/// namespace.
struct MessageVersion {
  std::string_view number;  ///< "1.6"
  std::string_view root;    ///< payload's local name
  std::string_view ns;      ///< payload's namespace
  std::string_view apprec;  ///< AppRec version that answers it: "1.0" or "1.1"
  /// Type as messages of this version say it, where that is no code of list 8279: "E"; empty: the type's code.
  std::string_view announced = {};
};

using Versions = std::span<const MessageVersion>;  ///< the newest first

/// Seen from here. `known`: checked by `varde message check`, but neither acted on nor sent.
enum class Direction : std::uint8_t { known, in, out, both };

/// Whether a message must be about somebody.
enum class About : std::uint8_t { patient, anything };

struct MessageType {
  std::string_view code;  ///< list 8279: "LOG_INNLAGT"
  std::string_view name;  ///< list 8279: "Melding om innlagt pasient"
  Direction direction;
  About about;
  std::string_view event;   ///< list 9121: the Hendelsekode that gives the message its time; empty: GenDate
  std::string_view branch;  ///< child of the root that this type has alone; empty where the root is its own
  Versions versions;
  const rows::Mapping* mapping;  ///< to FHIR and back; nullptr: only the envelope and the original

  bool is_received() const { return direction == Direction::in || direction == Direction::both; }
  /// nullptr where no version has that payload; never that of another type with the same root.
  const MessageVersion* version_of(const XmlNode& payload) const;
  const MessageVersion* version(std::string_view number) const;
};

std::span<const MessageType> message_types();
/// The type of a message without MsgHead: by its code, or by how messages of that version announce themselves; nullptr
/// where no type has that payload.
const MessageType* find_bare_type(std::string_view announced, const XmlNode& payload);
/// By code of list 8279; nullptr for what nobody here knows.
const MessageType* find_message_type(std::string_view code);

}  // namespace varde::mappings
