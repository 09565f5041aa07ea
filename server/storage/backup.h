#pragma once
/// @file server/storage/backup.h
/// A copy of the store in one file, made while the server runs, and the store made of such a copy. Both are there
/// whole and checked, or not at all: a kill at any moment leaves what was.
/// Faults: none; what fails throws EngineError with what to do.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace varde::storage {

using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;  ///< pages

/// `file` is made, or replaced once the new copy has been checked. One consistent snapshot of now.
void back_up(const std::string& directory, const std::filesystem::path& file, const Progress& progress);

enum class Replace : std::uint8_t { no, yes };

/// The directory must not be in use. What it holds is kept beside as varde.db.before-restore when `replace` says yes,
/// and is a reason to refuse when it says no.
void restore(const std::filesystem::path& file, const std::string& directory, Replace replace,
             const Progress& progress);

}  // namespace varde::storage
