#include <sys/file.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "adapters/folder/descriptor.h"
#include "adapters/folder/folder.h"
#include "fhir-model/time/system_clock.h"

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

/// Writers that open and close for each piece may hold a lock beside the file meanwhile (flock(2)).
bool is_locked(int descriptor) {
  if (::flock(descriptor, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  ::flock(descriptor, LOCK_UN);
  return false;
}

/// Past what may stand before the first element: byte order mark, declaration, comments.
std::string_view from_first_element(std::string_view text) {
  for (;;) {
    const auto tag = text.find('<');
    if (tag == text.npos || tag + 1 == text.size()) return {};
    text.remove_prefix(tag);
    const std::string_view end = text.starts_with("<!--") ? "-->" : text.starts_with("<?") ? "?>" : "";
    if (end.empty()) return text;
    const auto past = text.find(end);
    if (past == text.npos) return {};
    text.remove_prefix(past + end.size());
  }
}

/// The text ends with the end tag of its first element, or with that element alone. Of the content nothing is judged.
bool has_its_end(std::string_view bytes) {
  std::string ascii;
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {  // UTF-16: names are read without its NULs
    std::copy_if(bytes.begin(), bytes.end(), std::back_inserter(ascii), [](char c) { return c != '\0'; });
    bytes = ascii;
  }
  constexpr std::string_view kWhite = " \t\r\n";
  std::string_view text = from_first_element(bytes);
  text = text.substr(0, text.find_last_not_of(kWhite) + 1);
  while (text.ends_with("-->")) {  // a remark after the end
    const auto remark = text.rfind("<!--");
    if (remark == text.npos) break;
    text = text.substr(0, remark);
    text = text.substr(0, text.find_last_not_of(kWhite) + 1);
  }
  if (text.size() < 4 || !text.ends_with('>')) return false;
  const std::string_view name = text.substr(1, text.find_first_of(" \t\r\n/>") - 1);
  const std::string_view last = text.substr(text.rfind('<'));
  if (last.data() == text.data()) return text.ends_with("/>");
  if (!last.starts_with("</")) return false;
  return last.substr(2, last.find_first_of(" \t\r\n>") - 2) == name;
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

FolderReceiver::Seen& FolderReceiver::observe(const fs::path& file, const struct stat& status) {
  const Seen now{static_cast<std::uintmax_t>(status.st_size), changed_ns(status), options_.clock()};
  Seen& seen = seen_.try_emplace(file.filename().string(), now).first->second;
  if (seen.size != now.size || seen.changed_ns != now.changed_ns) seen = now;
  return seen;
}

/// How long the file has not changed: by its own time, or, where its writer's clock runs ahead of ours, since we saw
/// it.
std::chrono::nanoseconds FolderReceiver::still_for(const Seen& seen) const {
  struct timespec clock {};
  ::clock_gettime(CLOCK_REALTIME, &clock);
  const std::chrono::nanoseconds age(clock.tv_sec * std::int64_t{1'000'000'000} + clock.tv_nsec - seen.changed_ns);
  return std::max<std::chrono::nanoseconds>(age, options_.clock() - seen.since);
}

void FolderReceiver::put_away(const fs::path& file, const fs::path& folder) {
  const auto now = time::system_now().time_since_epoch();
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
    if (has_writer(descriptor.get()) || is_locked(descriptor.get())) continue;
    Seen& seen = observe(file, status);
    const auto still = still_for(seen);
    if (still < (seen.lacks_end ? options_.patience : options_.settle)) continue;
    if (static_cast<std::uintmax_t>(status.st_size) > options_.largest) {
      refuse(file, fmt::format("has {} bytes; the limit is {}", status.st_size, options_.largest)), moved = true;
      continue;
    }
    Incoming incoming{{}, file.filename().string()};
    incoming.bytes.reserve(static_cast<std::size_t>(status.st_size));
    if (!read_whole(descriptor.get(), options_.largest, incoming.bytes)) continue;
    if (incoming.bytes.size() != static_cast<std::size_t>(status.st_size)) continue;  // it grew meanwhile
    seen.lacks_end = !has_its_end(incoming.bytes);
    if (seen.lacks_end && still < options_.patience) continue;  // somebody's slow work
    if (!accept(incoming)) break;                               // the gateway is busy: the rest waits where it is
    put_away(file, archive_);
    ++taken, moved = true;
  }
  if (moved) sync_folder(inbound_), sync_folder(archive_), sync_folder(refused_);
  return taken;
}

}  // namespace varde::adapters
