#include "server/bulk/export.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <system_error>
#include <vector>

#include "server/storage/beside.h"

namespace varde::bulk {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;
constexpr std::uint64_t kPerProgress = 1000;

[[noreturn]] void refuse(std::string_view what, const fs::path& path, int problem) {
  throw fs::filesystem_error(std::string(what), path, std::error_code(problem, std::generic_category()));
}

/// The file of one type, until it is whole.
class File {
 public:
  explicit File(fs::path path) : path_(std::move(path)), buffer_(kBuffer) {
    if (fs::exists(path_)) refuse("is there already", path_, EEXIST);
    const int descriptor = ::open(part().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) refuse("cannot be written", part(), errno);
    file_.reset(::fdopen(descriptor, "wb"));
    if (!file_) {
      ::close(descriptor);
      refuse("cannot be written", part(), errno);
    }
    std::setvbuf(file_.get(), buffer_.data(), _IOFBF, buffer_.size());
  }
  void add(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() || std::fputc('\n', file_.get()) == EOF)
      refuse("cannot be written", part(), errno);
  }
  void finish() {
    if (std::fclose(file_.release()) != 0) refuse("cannot be written", part(), errno);
    fs::rename(part(), path_);
  }

 private:
  fs::path part() const { return path_.string() + ".part"; }
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  fs::path path_;
  std::vector<char> buffer_;  // outlives the file
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace

ExportCount export_to(const fs::path& folder, const storage::Snapshot& snapshot, const std::set<std::string>& types,
                      const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (fs::create_directories(folder)) fs::permissions(folder, fs::perms::owner_all);
  const auto all = storage::count_live(snapshot);
  ExportCount count;
  std::uint64_t seen = 0;
  std::map<fhir::TypeId, File> files;
  storage::each_live(snapshot, [&](fhir::TypeId type, std::string_view bytes) {
    if (++seen % kPerProgress == 0) progress(seen, all);
    const std::string name(fhir::row_of(type).name);
    if (!types.empty() && !types.contains(name)) return;
    auto file = files.find(type);
    if (file == files.end()) file = files.try_emplace(type, folder / (name + ".ndjson")).first;
    file->second.add(bytes);
    ++count.resources, count.bytes += bytes.size() + 1;
  });
  for (auto& [type, file] : files) file.finish();
  progress(all, all);
  return count;
}

}  // namespace varde::bulk
