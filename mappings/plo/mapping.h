#pragma once
/// @file mappings/plo/mapping.h
/// The PLO messages that Varde maps: one row per message type, one file per family.
#include <string_view>

#include "mappings/plo/conversions.h"

namespace varde::mappings::plo {

struct Mapping {
  std::string_view type;     ///< list 8279
  std::string_view display;  ///< as MsgInfo/Type/@DN
  std::string_view root;     ///< payload's local name
  Rows payload;              ///< below the payload's root
  bool composition;          ///< has free text: a Composition holds it
  /// What follows from the rows together: status, period, references. After the rows were read.
  void (*derive)(Inbound&);
  /// What a Bundle made by others leaves to us. Before the message is put in order; may be nullptr.
  void (*complete)(Outbound&, XmlNode& payload, std::string_view version);
};

extern const Mapping kAdmitted, kReadyForDischarge, kNotReadyAfterAll, kDischarged, kDied;  // logistics.cpp
extern const Mapping kHealthInformation;                                                    // health_information.cpp
extern const Mapping kToPhysician;                                                          // to_physician.cpp

const Mapping* find_mapping(std::string_view type);

/// Composition of a message with free text: title, date, author, category. Before its payload is read.
void begin_composition(Inbound&, const Mapping&);

}  // namespace varde::mappings::plo
