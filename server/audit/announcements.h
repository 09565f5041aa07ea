#pragma once
/// @file server/audit/announcements.h
/// What somebody did to the store beside the server that writes the audit log, such as an export: laid down as a file
/// before it is done, and taken into the log by the server within a second, or when it starts. A kill may make the log
/// tell it twice, never not at all.
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace varde::audit {

struct Announcement {
  std::string user;   ///< of the operating system
  std::string event;  ///< "exported by the command varde export"
  std::string what;   ///< "types=Patient"
};
/// Durable when it returns. Throws std::system_error where it cannot be laid down: then nothing may be done.
void announce(const std::filesystem::path& data, const std::string& event, const std::string& what,
              std::chrono::sys_time<std::chrono::microseconds> at);

struct Announced {
  Announcement said;
  std::filesystem::path file;  ///< to be removed when it stands in the log
};
/// Oldest first; what is no announcement is left alone.
std::vector<Announced> announced(const std::filesystem::path& data);

}  // namespace varde::audit
