#pragma once
/// @file server/followup/equipment/custody.h
/// How a piece of equipment stands, as its Device says (extension `custody`).
#include <string>
#include <string_view>

#include "server/followup/equipment/equipment.h"

namespace varde::followup {

struct CustodyRow {
  Custody custody;
  std::string_view code, name;  ///< `name` in Norwegian
  std::string_view status;      ///< of Device
  std::string_view use;         ///< of the DeviceUseStatement that it ends; empty: none
  std::string_view from;        ///< codes of the states that it comes from
};
/// Equipment that nobody has lent yet can be.
const CustodyRow& custody_of(fhir::Element device);

/// Subject of the Task about readings of a patient who does not have it.
inline std::string holder_subject(std::string_view device_id) { return std::string("device:").append(device_id); }

}  // namespace varde::followup
