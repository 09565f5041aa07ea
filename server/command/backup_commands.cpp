// varde backup, varde restore
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "fhir-model/time/system_clock.h"
#include "server/command/announce.h"
#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/tell.h"
#include "server/storage/backup.h"

namespace varde::command {
namespace {

namespace fs = std::filesystem;

/// On a terminal only: a line that counts up.
storage::Progress progress_line(std::string_view what) {
  if (::isatty(STDERR_FILENO) == 0) return [](std::uint64_t, std::uint64_t) {};
  return [what](std::uint64_t done, std::uint64_t all) {
    if (all == 0) return;
    tell("\r{} {:3} %{}", what, done * 100 / all, done == all ? "\n" : "");
    std::fflush(stderr);
  };
}

/// A folder gets a file named by the time.
fs::path target_of(const std::string& word) {
  if (!fs::is_directory(word) && !word.ends_with('/')) return word;
  fs::create_directories(word);
  const auto now = std::chrono::system_clock::to_time_t(time::system_now());
  return fs::path(word) / fmt::format("varde-{:%Y%m%dT%H%M%SZ}.db", fmt::gmtime(now));
}

/// Its own tools copy a server's database, and know more than we do.
bool is_on_server(const Config& config) {
  if (config.postgresql.empty()) return false;
  tell(
      "varde: the store is a PostgreSQL database: copy it by pg_dump or pg_basebackup and put it back by their "
      "means\n");
  return true;
}

}  // namespace

int backup(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) return wrong_settings(config.error());
  if (is_on_server(*config)) return kWrongUse;
  const auto target = target_of(arguments.words[0]);
  announce(*config, "copied by the command varde backup", "file=" + target.string());
  storage::back_up(config->store_directory(), target, progress_line("backup"));
  fmt::print("{}\n", target.string());
  return kOk;
}

int restore(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) return wrong_settings(config.error());
  if (is_on_server(*config)) return kWrongUse;
  const auto replace = arguments.has("--replace") ? storage::Replace::yes : storage::Replace::no;
  storage::restore(arguments.words[0], config->store_directory(), replace, progress_line("restore"));
  fmt::print("{} holds the backup\n", config->store_directory());
  return kOk;
}

}  // namespace varde::command
