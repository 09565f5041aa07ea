#pragma once
/// @file fhir-model/package/package.h
/// The definitions of the R4 package as resources: StructureDefinition, ValueSet, CodeSystem, SearchParameter,
/// OperationDefinition, ConceptMap, CompartmentDefinition and CapabilityStatement, without their narratives.
/// What the server itself goes by are the tables (definitions/, profile/, terminology/); this is for those who ask.
/// Source: FHIR 4.0.1, definitions.json of the specification; definitions.pack, written by generate.py.
/// Threads: any. Unpacked when asked for; nothing is kept but the index. A damaged pack throws std::logic_error.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "fhir-model/definitions/definitions.h"

namespace varde::fhir::package {

struct Definition {
  TypeId type;
  std::string_view id, url, version;  ///< url and version may be empty
  std::uint32_t block, offset, size;
};

std::span<const Definition> definitions();  ///< by type's name and id
std::span<const Definition> definitions(TypeId type);
const Definition* find(TypeId type, std::string_view id);  ///< nullptr when there is none
/// The StructureDefinition, ValueSet … with that url; nullptr when there is none, or not in that version (|version).
const Definition* find_canonical(TypeId type, std::string_view canonical);

/// JSON of the resource, without white space.
std::string json(const Definition& definition);
/// Each of them with its JSON, which lives until `visit` returns; cheaper than one by one.
void each(std::span<const Definition> definitions,
          const std::function<void(const Definition&, std::string_view json)>& visit);

}  // namespace varde::fhir::package
