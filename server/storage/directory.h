#pragma once
/// @file server/storage/directory.h
/// The data directory: made private to its owner, and held by one process at a time.
#include <cstdint>
#include <filesystem>
#include <string>

namespace varde::storage {

/// Which file a name leads to.
struct FileId {
  std::uint64_t device = 0, inode = 0;
  bool operator==(const FileId&) const = default;
};

class Directory {
 public:
  enum class Purpose : std::uint8_t { serve, restore };

  /// Creates it (mode 0700) with an empty varde.db (0600) when absent. Throws EngineError when another process holds
  /// it, when it cannot be made or written, and, to serve, when a restore into it was broken off.
  explicit Directory(const std::string& path, Purpose purpose = Purpose::serve);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string database_file() const { return (path_ / "varde.db").string(); }
  std::size_t bytes() const;  ///< of the database and its log
  /// Whether the files at this path are still those that were opened. A commit that is followed by yes is kept.
  bool is_ours() const;

 private:
  std::filesystem::path path_;
  FileId database_, held_;  ///< of varde.db and of the lock when they were opened
  int lock_ = -1;
};

}  // namespace varde::storage
