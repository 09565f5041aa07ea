#pragma once
/// @file mappings/rows/mapping.h
/// How one message type becomes FHIR and comes back: its rows and the few lines that no row can say. The table of
/// message types (mappings/message_types.inc) names a Mapping by its own name; the file that defines it is all there
/// is.
#include <string_view>

#include "mappings/message_type.h"
#include "mappings/rows/conversions.h"

namespace varde::mappings::rows {

struct Mapping {
  Versions versions;         ///< of the payload
  Rows payload = {};         ///< below the payload's root; empty: only the envelope and the original become FHIR
  bool composition = false;  ///< has free text: a Composition holds it
  /// What follows from the rows together: status, period, references. After the rows were read.
  void (*derive)(Inbound&) = nullptr;
  /// What a Bundle made by others leaves to us. Before the message is put in order; may be nullptr.
  void (*complete)(Outbound&, XmlNode& payload, std::string_view version) = nullptr;
  /// Of a message that carries several contents: those behind the first, each into a Document of its own; derive reads
  /// them. nullptr: it carries one. Faults: business_rule, where nothing is left to be said.
  Result<void> (*further)(Outbound&, XmlNode& msg_head) = nullptr;
};

}  // namespace varde::mappings::rows

namespace varde::mappings {

#define MESSAGE_TYPE(code, name, direction, about, event, branch, mapping, effect) extern const rows::Mapping mapping;
#include "mappings/message_types.inc"
#undef MESSAGE_TYPE

}  // namespace varde::mappings
