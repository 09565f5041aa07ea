#pragma once
/// @file fhir-model/terminology/tables.h
/// What tables.cpp (generated) defines; used inside this folder only. Texts, systems, concepts and value sets are
/// numbered; a row holds numbers. The concepts of a system stand together, in definition order.
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "fhir-model/terminology/terminology.h"

namespace varde::terminology::tables {

inline constexpr std::uint16_t kNone = 0xFFFF;

struct SystemRow {
  std::uint32_t url, version, name, title;  ///< texts
  std::uint16_t first_concept, concept_count;
  Known known;
  bool any_case;  ///< upper and lower case mean the same, or it is not said whether they do
};

struct ConceptRow {
  std::uint32_t code, display, definition;  ///< texts
  std::uint16_t parent;                     ///< concept, or kNone
  std::uint16_t system;
  std::uint8_t flags;  ///< 1 abstract, 2 inactive, 4 deprecated
};

struct FurtherParent {
  std::uint16_t child, parent;
};

struct SetRow {
  std::uint32_t url, version, name, title;  ///< texts
  std::uint16_t first_part, part_count;
  bool open;  ///< it also draws on a value set that is not known: codes of other systems may be in it
};

/// What a value set says of the codes of its parts that it does not list.
enum class Rest : std::uint8_t {
  out,
  in,  ///< every code of the system
  unknown,
  commensurable,  ///< units of the same dimension as `unit`
};

/// What a value set says of one system.
struct PartRow {
  std::uint32_t unit;          ///< text
  std::uint32_t first_member;  ///< in kMembers: concepts inside, then those outside; each sorted
  std::uint16_t inside_count, outside_count;
  std::uint16_t system;
  Rest rest;
};

extern const char kText[];
extern const std::uint32_t kTextStarts[];  ///< and one more at the end
extern const SystemRow kSystems[];
extern const std::size_t kSystemCount;
extern const ConceptRow kConcepts[];
extern const std::size_t kConceptCount;
extern const std::uint16_t kConceptsByCode[];  ///< per system, its concepts sorted by code
extern const FurtherParent kFurtherParents[];  ///< sorted by child
extern const std::size_t kFurtherParentCount;
extern const SetRow kSets[];
extern const std::size_t kSetCount;
extern const PartRow kParts[];
extern const std::uint16_t kMembers[];
extern const std::uint16_t kSystemAddresses[];  ///< open addressing by hash of the URL
extern const std::size_t kSystemAddressCount;
extern const std::uint16_t kSetAddresses[];
extern const std::size_t kSetAddressCount;

inline std::string_view text(std::uint32_t number) {
  return {kText + kTextStarts[number], kTextStarts[number + 1] - kTextStarts[number]};
}

}  // namespace varde::terminology::tables
