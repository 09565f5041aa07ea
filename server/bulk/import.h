#pragma once
/// @file server/bulk/import.h
/// Resources from files into the store: NDJSON (a resource a line, packed by gzip or not), single resources, and
/// Bundles, in JSON or XML. Each is checked, judged and indexed as one that comes by HTTP: one with an id is updated
/// (or created under it), one without is created. Lines are read and checked beside the writer and stored a few dozen a
/// time; how far a file has come is stored with them.
/// Source: https://hl7.org/fhir/R4/nd-json.html; ours otherwise.
/// Faults: of a line, told and counted, and the next goes on. Throws storage::EngineError when the store cannot be
///         written, std::runtime_error for a file that cannot be read.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/interaction/dispatcher.h"

namespace varde::bulk {

/// Files of a folder that hold resources, in the order in which they should come: who others point to, first.
/// A file is itself. Throws std::runtime_error when there is none of that name.
std::vector<std::filesystem::path> resource_files(const std::filesystem::path& path);

struct ImportCount {
  std::uint64_t stored = 0, refused = 0;
  std::uint64_t before = 0;  ///< lines that an earlier import had dealt with
};

struct ImportOptions {
  std::size_t longest = std::size_t{64} << 20;  ///< bytes of a line, or of a file that is one resource
  bool again = false;                           ///< also what was imported before
  /// Bytes of the file dealt with, and what came of it so far.
  std::function<void(std::uint64_t bytes, const ImportCount&)> progress = [](std::uint64_t, const ImportCount&) {};
  /// A line that is not stored, and why.
  std::function<void(std::uint64_t line, const Failure&)> refused = [](std::uint64_t, const Failure&) {};
};

/// What tells the file from others, wherever it lies: its name, its size and how it begins.
std::string identity_of(const std::filesystem::path& file);

ImportCount import_file(const std::filesystem::path& file, const interaction::Repository& repository,
                        const interaction::Dispatcher& dispatcher, const std::string& base,
                        const ImportOptions& options);

}  // namespace varde::bulk
