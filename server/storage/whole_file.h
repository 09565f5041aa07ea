#pragma once
/// @file server/storage/whole_file.h
/// Files that are there whole or not at all, whenever the power goes: written beside, synced, renamed, folder synced.
/// Only their owner may read them. Faults: none; what the system refuses throws EngineError with the file's name.
#include <filesystem>
#include <string_view>

namespace varde::storage {

void write_whole(const std::filesystem::path& file, std::string_view bytes);

/// A file that was written beside takes its name: synced, renamed over what was there, folder synced.
void put_in_place(const std::filesystem::path& written, const std::filesystem::path& file);

/// The bytes of one file into another, which is made or emptied.
void copy_whole(const std::filesystem::path& from, const std::filesystem::path& to);

void sync_folder(const std::filesystem::path& folder);

}  // namespace varde::storage
