#pragma once
/// @file server/storage/keys.h
/// How a resource type stands in the tables: a hash of its name, the same in every build and on every machine, so
/// that rows need no lookup. R4 has no collision (a test proves it, and the schema check refuses one at start).
#include <cstdint>
#include <string_view>

#include "fhir-model/definitions/definitions.h"

namespace varde::storage {

/// FNV-1a 32 of the name, folded to 15 bits: two bytes in a row.
enum class TypeKey : std::int16_t { none = 0 };
constexpr TypeKey type_key(std::string_view name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return TypeKey{static_cast<std::int16_t>(((hash >> 15) ^ hash) & 0x7FFF)};
}

TypeKey type_key(fhir::TypeId type);  ///< by table, no hashing; none for TypeId::none
fhir::TypeId type_of(TypeKey key);    ///< TypeId::none when no R4 resource has that key

}  // namespace varde::storage
