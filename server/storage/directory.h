#pragma once
/// @file server/storage/directory.h
/// The data directory: made private to its owner, and held by one process at a time.
#include <filesystem>
#include <string>

namespace varde::storage {

class Directory {
 public:
  /// Creates it (mode 0700) with an empty varde.db (0600) when absent. Throws EngineError when another process holds
  /// it, or when it cannot be made or written.
  explicit Directory(const std::string& path);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string database_file() const { return (path_ / "varde.db").string(); }
  std::size_t bytes() const;  ///< of the database and its log

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace varde::storage
