#pragma once
/// @file fhir-model/profile/tables.h
/// R4's own profiles and extension definitions, in read-only memory; written by generate.py.
#include <cstddef>
#include <string_view>

namespace varde::fhir::tables {

struct StandardProfileRow {
  std::string_view url;
  std::string_view outline;  ///< of the StructureDefinition: see outline.h
};

extern const StandardProfileRow kStandardProfiles[];  ///< sorted by url
extern const std::size_t kStandardProfileCount;

}  // namespace varde::fhir::tables
