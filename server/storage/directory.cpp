#include "server/storage/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/storage/storage.h"

namespace varde::storage {
namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

[[noreturn]] void fail_file(const std::filesystem::path& path) {
  throw EngineError(fmt::format("cannot use {}: {}", path.string(), std::strerror(errno)));
}

int open_private(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (file < 0) fail_file(path);
  if (::fchmod(file, kOwnerOnly) != 0) {
    ::close(file);
    fail_file(path);
  }
  return file;
}

/// All zero when there is none.
FileId id_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace

Directory::Directory(const std::string& path, Purpose purpose) : path_(path) {
  std::error_code problem;
  if (std::filesystem::create_directories(path_, problem))
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, problem);
  if (problem) throw EngineError(fmt::format("cannot use {}: {}", path, problem.message()));

  lock_ = open_private(path_ / "varde.lock");
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    ::close(lock_);
    if (held)
      throw EngineError(fmt::format("another varde process is using {}; stop it, or choose another directory", path));
    fail_file(path_);
  }
  std::error_code absent;
  const bool empty = std::filesystem::file_size(path_ / "varde.db", absent) == 0 || absent;
  if (purpose == Purpose::serve && empty && std::filesystem::exists(path_ / "varde.db.restoring")) {
    ::close(lock_);
    throw EngineError(fmt::format("a restore into {} was broken off; run `varde restore` again", path));
  }
  ::close(open_private(path_ / "varde.db"));  // before SQLite makes it: its log files take the same mode
  database_ = id_of(path_ / "varde.db"), held_ = id_of(path_ / "varde.lock");
}

Directory::~Directory() { ::close(lock_); }

bool Directory::is_ours() const {
  return id_of(path_ / "varde.db") == database_ && id_of(path_ / "varde.lock") == held_;
}

std::size_t Directory::bytes() const {
  std::size_t sum = 0;
  for (const char* name : {"varde.db", "varde.db-wal"}) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(path_ / name, absent);
    if (!absent) sum += size;
  }
  return sum;
}

}  // namespace varde::storage
