#pragma once
/// @file fhir-model/fault/id.h
/// Text identifiers that cannot be swapped by mistake: `using MsgId = Id<struct MsgIdTag>;`.
#include <compare>
#include <string>

namespace varde {

template <class Tag>
struct Id {
  std::string text;
  auto operator<=>(const Id&) const = default;
};

using LogicalId = Id<struct LogicalIdTag>;  ///< Resource.id, https://hl7.org/fhir/R4/datatypes.html#id
using MsgId = Id<struct MsgIdTag>;          ///< MsgHead/MsgInfo/MsgId, a UUID
using HerId = Id<struct HerIdTag>;          ///< communication party in the national address register

}  // namespace varde
