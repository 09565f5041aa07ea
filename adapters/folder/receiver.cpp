#include <algorithm>
#include <cctype>
#include <cstring>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "adapters/folder/descriptor.h"
#include "adapters/folder/folder.h"

namespace varde::adapters {
namespace fs = std::filesystem;
namespace {

bool is_message_name(const std::string& name) {
  if (name.size() < 5 || name.front() == '.') return false;
  std::string ending = name.substr(name.size() - 4);
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".xml";
}

std::int64_t changed_ns(const struct stat& status) {
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

/// Oldest first, so that messages are handed over in the order they came.
std::vector<fs::path> waiting(const fs::path& inbound) {
  std::vector<std::pair<std::int64_t, fs::path>> files;
  std::error_code error;
  for (fs::directory_iterator at(inbound, error), end; !error && at != end; at.increment(error)) {
    if (!is_message_name(at->path().filename().string())) continue;
    struct stat status {};
    if (::lstat(at->path().c_str(), &status) != 0 || S_ISDIR(status.st_mode)) continue;
    files.emplace_back(changed_ns(status), at->path());
  }
  std::sort(files.begin(), files.end());
  std::vector<fs::path> paths;
  paths.reserve(files.size());
  for (auto& [changed, path] : files) paths.push_back(std::move(path));
  return paths;
}

/// A read lease is granted only while no process has the file open for writing (fcntl(2), F_SETLEASE).
/// File systems without leases answer otherwise: then standing still has to do.
bool has_writer(int descriptor) {
  if (::fcntl(descriptor, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  ::fcntl(descriptor, F_SETLEASE, F_UNLCK);
  return false;
}

/// At most `limit` bytes; false when the file could not be read to its end.
bool read_whole(int descriptor, std::size_t limit, std::string& bytes) {
  char block[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(descriptor, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    if (bytes.size() + static_cast<std::size_t>(got) > limit) return false;
    bytes.append(block, static_cast<std::size_t>(got));
  }
}

}  // namespace

FolderReceiver::FolderReceiver(FolderOptions options)
    : options_(std::move(options)),
      inbound_(options_.root / "inbound"),
      archive_(options_.root / "archive"),
      refused_(options_.root / "refused") {
  for (const auto& folder : {options_.root, inbound_, archive_, refused_}) make_private(folder);
}

bool FolderReceiver::is_whole(const fs::path& file, int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || has_writer(descriptor)) return false;
  const auto name = file.filename().string();
  const auto now = std::chrono::steady_clock::now();
  const Seen seen{static_cast<std::uintmax_t>(status.st_size), changed_ns(status), now};
  struct timespec clock {};
  ::clock_gettime(CLOCK_REALTIME, &clock);
  const std::int64_t age_ns = clock.tv_sec * std::int64_t{1'000'000'000} + clock.tv_nsec - seen.changed_ns;
  // An empty file is more often somebody's first step than a message: it gets ten times as long.
  const auto settle = status.st_size == 0 ? options_.settle * 10 : options_.settle;
  if (age_ns >= std::chrono::nanoseconds(settle).count()) return true;
  const auto [entry, first] = seen_.try_emplace(name, seen);
  if (first || entry->second.size != seen.size || entry->second.changed_ns != seen.changed_ns) {
    entry->second = seen;
    return false;
  }
  return now - entry->second.since >= settle;  // the writer's clock may run ahead of ours
}

void FolderReceiver::put_away(const fs::path& file, const fs::path& folder) {
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  const auto name = fmt::format("{:%Y%m%dT%H%M%S}.{:06}Z-{}", fmt::gmtime(now.count() / 1'000'000),
                                now.count() % 1'000'000, file.filename().string());
  std::error_code error;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write,
                  fs::perm_options::replace | fs::perm_options::nofollow,
                  error);  // a link or a foreign owner: moving is what matters
  fs::rename(file, folder / name, error);
  if (error && stuck_.insert(file.filename().string()).second)
    options_.on_refused(
        {file.filename().string(), "was handled, but cannot be moved out of the inbound folder: " + error.message()});
  seen_.erase(file.filename().string());
}

void FolderReceiver::refuse(const fs::path& file, std::string reason) {
  const std::string name = file.filename().string();
  put_away(file, refused_);
  options_.on_refused({name, std::move(reason)});
}

std::size_t FolderReceiver::poll(const std::function<bool(const Incoming&)>& accept) {
  std::size_t taken = 0;
  bool moved = false;
  std::erase_if(seen_, [&](const auto& entry) { return !fs::exists(inbound_ / entry.first); });
  for (const auto& file : waiting(inbound_)) {
    if (taken >= options_.at_once) break;
    if (stuck_.contains(file.filename().string())) continue;
    const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!descriptor) {
      if (errno == ELOOP) refuse(file, "is a symbolic link; put the message itself into the folder"), moved = true;
      continue;  // gone again, or not readable yet
    }
    if (::fstat(descriptor.get(), &status) != 0) continue;
    if (!S_ISREG(status.st_mode)) {
      refuse(file, "is not a regular file"), moved = true;
      continue;
    }
    if (!is_whole(file, descriptor.get())) continue;
    if (static_cast<std::uintmax_t>(status.st_size) > options_.largest) {
      refuse(file, fmt::format("has {} bytes; the limit is {}", status.st_size, options_.largest)), moved = true;
      continue;
    }
    Incoming incoming{{}, file.filename().string()};
    incoming.bytes.reserve(static_cast<std::size_t>(status.st_size));
    if (!read_whole(descriptor.get(), options_.largest, incoming.bytes)) continue;
    if (incoming.bytes.size() != static_cast<std::size_t>(status.st_size)) continue;  // it grew meanwhile
    if (!accept(incoming)) break;  // the gateway is busy: the rest waits where it is
    put_away(file, archive_);
    ++taken, moved = true;
  }
  if (moved) sync_folder(inbound_), sync_folder(archive_), sync_folder(refused_);
  return taken;
}

}  // namespace varde::adapters
