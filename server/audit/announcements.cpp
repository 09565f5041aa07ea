#include "server/audit/announcements.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "fhir-model/json/members.h"
#include "server/interaction/text.h"

namespace varde::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongest = 8192;

fs::path folder(const fs::path& data) { return data / "audit"; }

[[noreturn]] void cannot(const fs::path& file) {
  throw std::system_error(errno, std::generic_category(), "the audit log cannot be told, at " + file.string());
}

struct Descriptor {
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  const int number_;
};

void sync(const fs::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number_ < 0 || ::fsync(opened.number_) != 0) cannot(directory);
}

std::string user() {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, room.data(), room.size(), &found) == 0 && found) return found->pw_name;
  return std::to_string(::getuid());
}

}  // namespace

void announce(const fs::path& data, const std::string& event, const std::string& what,
              std::chrono::sys_time<std::chrono::microseconds> at) {
  std::string text = "{";
  interaction::append_json_member(text, "user", user());
  interaction::append_json_member(text, "event", event);
  interaction::append_json_member(text, "what", what);
  text += "}";
  if (::mkdir(folder(data).c_str(), 0700) != 0 && errno != EEXIST) cannot(folder(data));
  const fs::path file = folder(data) / fmt::format("{}-{}.json", at.time_since_epoch().count(), ::getpid());
  const fs::path unfinished = folder(data) / ("." + file.filename().string());
  {
    const Descriptor opened(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (opened.number_ < 0 || ::write(opened.number_, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(opened.number_) != 0)
      cannot(unfinished);
  }
  if (::rename(unfinished.c_str(), file.c_str()) != 0) cannot(file);
  sync(folder(data));
}

std::vector<Announced> announced(const fs::path& data) {
  std::vector<Announced> out;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder(data), absent)) {
    const std::string name = entry.path().filename().string();
    std::error_code gone;
    if (name.starts_with('.') || !name.ends_with(".json") || !entry.is_regular_file(gone) ||
        entry.file_size(gone) > kLongest)
      continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto members = fhir::json::read_members(text);
    if (!members) continue;
    Announced one{{}, entry.path()};
    for (const auto& member : *members) {
      if (member.name == "user") one.said.user = member.text;
      if (member.name == "event") one.said.event = member.text;
      if (member.name == "what") one.said.what = member.text;
    }
    if (!one.said.event.empty()) out.push_back(std::move(one));
  }
  std::sort(out.begin(), out.end(), [](const Announced& a, const Announced& b) { return a.file < b.file; });
  return out;
}

}  // namespace varde::audit
