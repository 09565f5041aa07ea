#pragma once
/// @file server/bulk/export.h
/// Every resource that is stored and not deleted, as NDJSON: a file a type, a resource a line, one moment of the store.
/// What import.h takes. Source: https://hl7.org/fhir/R4/nd-json.html
/// Faults: throws std::filesystem::filesystem_error for a folder that cannot be written or where such files lie.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "server/storage/storage.h"

namespace varde::bulk {

struct ExportCount {
  std::uint64_t resources = 0, bytes = 0;
};

/// `types`: those alone; empty: all. `progress`: resources looked at, and how many there are. The folder and its files
/// are the owner's alone; a file has its name when it is whole.
ExportCount export_to(const std::filesystem::path& folder, const storage::Snapshot& snapshot,
                      const std::set<std::string>& types,
                      const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace varde::bulk
