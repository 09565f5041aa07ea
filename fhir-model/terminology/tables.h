#pragma once
/// @file fhir-model/terminology/tables.h
/// What tables.cpp (generated) defines; used inside this folder only. Texts, systems, concepts and value sets are
/// numbered; a row holds numbers. The concepts of a system stand together, in definition order.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

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

/// Another name of a concept: in another language, or what a value set calls it.
struct DesignationRow {
  std::uint16_t of;
  std::uint32_t language, text;  ///< texts; no language: English
};

struct SetRow {
  std::uint32_t url, version, name, title, status;  ///< texts
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
extern const DesignationRow kDesignations[];  ///< sorted by concept
extern const std::size_t kDesignationCount;
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

inline const SystemRow& row_of(SystemId id) { return kSystems[static_cast<std::size_t>(id)]; }
inline const ConceptRow& row_of(ConceptId id) { return kConcepts[static_cast<std::size_t>(id)]; }
inline const SetRow& row_of(ValueSetId id) { return kSets[static_cast<std::size_t>(id)]; }
inline std::span<const PartRow> parts_of(ValueSetId id) {
  return {kParts + row_of(id).first_part, row_of(id).part_count};
}
/// Concepts that the value set names as inside.
inline std::span<const std::uint16_t> inside_of(const PartRow& part) {
  return {kMembers + part.first_member, part.inside_count};
}
/// Concepts that it names as outside, against its rest.
inline std::span<const std::uint16_t> outside_of(const PartRow& part) {
  return {kMembers + part.first_member + part.inside_count, part.outside_count};
}

}  // namespace varde::terminology::tables
