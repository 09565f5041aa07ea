#include "server/storage/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_file(const fs::path& file, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw EngineError(full ? Trouble::full : Trouble::other,
                    fmt::format("cannot write {}: {}", file.string(), std::strerror(error)));
}

class File {
 public:
  File(const fs::path& path, int flags) : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) fail_file(path_, errno);
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_file(path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  /// 0 at the end.
  std::size_t read(char* into, std::size_t size) const {
    while (true) {
      const ssize_t got = ::read(descriptor_, into, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail_file(path_, errno);
    }
  }
  void sync() const {
    if (::fsync(descriptor_) != 0) fail_file(path_, errno);
  }

 private:
  const fs::path path_;
  const int descriptor_;
};

constexpr int kMake = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;

}  // namespace

void sync_folder(const fs::path& folder) { File(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY).sync(); }

void put_in_place(const fs::path& written, const fs::path& file) {
  File(written, O_RDWR).sync();
  if (std::rename(written.c_str(), file.c_str()) != 0) fail_file(file, errno);
  sync_folder(file.parent_path());
}

void write_whole(const fs::path& file, std::string_view bytes) {
  const fs::path part = file.string() + ".part";
  File(part, kMake).write(bytes);
  put_in_place(part, file);
}

void copy_whole(const fs::path& from, const fs::path& to) {
  const File source(from, O_RDONLY), target(to, kMake);
  std::vector<char> block(1u << 20);
  while (const std::size_t got = source.read(block.data(), block.size())) target.write({block.data(), got});
  target.sync();
}

}  // namespace varde::storage
