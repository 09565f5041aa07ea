#pragma once
/// @file fhir-model/validation/shape.h
/// The definition tables arranged for one pass over an element's children: a slot per element name or choice.
#include <cstdint>
#include <span>
#include <string_view>

#include "fhir-model/definitions/definitions.h"

namespace varde::fhir {

inline constexpr std::size_t kMostSlots = 256;

struct RequiredSlot {
  std::uint16_t slot;
  std::string_view name;  ///< "status", "medication[x]"
};

/// Position of the element, or of the first alternative of its choice, among its type's elements.
std::uint16_t slot_of(const ElementRow& row);
std::span<const RequiredSlot> required_slots(TypeId type);

}  // namespace varde::fhir
