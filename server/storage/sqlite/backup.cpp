#include "server/storage/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/storage/directory.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/handle.h"
#include "server/storage/sqlite/log_file.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/whole_file.h"

namespace varde::storage {
namespace {

namespace fs = std::filesystem;
using sqlite::DatabaseHandle;

constexpr int kPagesAtOnce = 2048;
using BackupHandle = std::unique_ptr<sqlite3_backup, Closer<sqlite3_backup_finish>>;

[[noreturn]] void fail_copy(sqlite3* database, std::string_view what) {
  throw EngineError(fmt::format("{}: {}", what, sqlite3_errmsg(database)));
}

DatabaseHandle open(const fs::path& file, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  DatabaseHandle handle(opened);
  if (code != SQLITE_OK) throw EngineError(fmt::format("cannot open {}: {}", file.string(), sqlite3_errstr(code)));
  sqlite3_busy_timeout(opened, 10'000);
  return handle;
}

void run(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail_copy(database, "database");
}

fs::path beside(const fs::path& file, std::string_view ending) { return file.string() + std::string(ending); }

void remove_with_logs(const fs::path& file) {
  for (const char* ending : {"", "-wal", "-shm", "-journal"}) fs::remove(beside(file, ending));
}

/// What was begun goes away unless it was finished.
class Unfinished {
 public:
  explicit Unfinished(fs::path file) : file_(std::move(file)) { remove_with_logs(file_); }
  ~Unfinished() {
    std::error_code ignored;  // a leftover is removed by the next one
    for (const char* ending : {"", "-wal", "-shm", "-journal"}) fs::remove(beside(file_, ending), ignored);
  }
  Unfinished(const Unfinished&) = delete;

 private:
  const fs::path file_;
};

/// One copy at a time is written into a folder.
class Held {
 public:
  explicit Held(const fs::path& folder)
      : descriptor_(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0)
      throw EngineError(fmt::format("cannot write into {}: {}", folder.string(), std::strerror(errno)));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(descriptor_);
      throw EngineError(fmt::format("another backup is being written into {}", folder.string()));
    }
  }
  ~Held() { ::close(descriptor_); }
  Held(const Held&) = delete;

 private:
  int descriptor_;
};

/// While no server has the directory, nobody else would notice that its log is damaged.
void check_log_at_rest(const fs::path& directory) {
  const int lock = ::open((directory / "varde.lock").c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return;
  const bool at_rest = ::flock(lock, LOCK_EX | LOCK_NB) == 0;
  const bool damaged = at_rest && sqlite::state_of_log(directory / "varde.db-wal") == sqlite::LogState::damaged;
  ::close(lock);
  if (damaged) throw EngineError(Trouble::damaged, "the log varde.db-wal is damaged; nothing was copied");
}

void copy_pages(sqlite3* from, sqlite3* to, const Progress& progress) {
  const BackupHandle backup(sqlite3_backup_init(to, "main", from, "main"));
  if (!backup) fail_copy(to, "backup");
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(backup.get(), kPagesAtOnce);
    const auto all = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup.get()));
    progress(all - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup.get())), all);
  }
  if (code != SQLITE_DONE) throw EngineError(fmt::format("backup: {}", sqlite3_errstr(code)));
}

/// One of our stores, of a schema that we know, and every page of it sound.
void check_copy(const fs::path& file) try {
  Health health;
  sqlite::Connection connection(file.string(), sqlite::Access::copy, health);
  sqlite::check_schema(connection);
  auto rows = connection.query(std::string_view("PRAGMA integrity_check(3)"));
  if (!rows.next() || rows.text(0) != "ok")
    throw EngineError(Trouble::damaged, fmt::format("it is damaged: {}", rows.text(0)));
} catch (const EngineError& error) {
  throw EngineError(error.trouble(), fmt::format("the copy cannot be used: {}", error.what()));
}

/// What the directory holds becomes one file without a log; false when its log cannot be taken in.
bool settle(const fs::path& database) {
  if (sqlite::state_of_log(beside(database, "-wal")) == sqlite::LogState::damaged) return false;
  try {
    Health health;
    sqlite::Connection(database.string(), sqlite::Access::copy, health).script("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (const EngineError&) {
    return false;
  }
  return !fs::exists(beside(database, "-wal"));
}

/// The old log cannot be taken in, so it goes with its database. A server that starts in between refuses: it finds the
/// copy, and no database.
void swap_in_beside_damage(const fs::path& copy, const fs::path& database, const fs::path& old) {
  fs::rename(database, old);
  try {
    if (fs::exists(beside(database, "-wal"))) fs::rename(beside(database, "-wal"), beside(old, "-wal"));
    fs::remove(beside(database, "-shm"));
    put_in_place(copy, database);
  } catch (...) {
    if (fs::exists(beside(old, "-wal"))) fs::rename(beside(old, "-wal"), beside(database, "-wal"));
    fs::rename(old, database);
    throw;
  }
}

/// A kill leaves either the old store or the new one, never the one with the other's log.
void swap_in(const fs::path& copy, const fs::path& database) {
  if (fs::file_size(database) > 0) {
    const fs::path old = beside(database, ".before-restore");
    remove_with_logs(old);
    if (!settle(database)) return swap_in_beside_damage(copy, database, old);
    fs::create_hard_link(database, old);
  }
  put_in_place(copy, database);
}

}  // namespace

void back_up(const std::string& directory, const fs::path& file, const Progress& progress) {
  const fs::path source = fs::path(directory) / "varde.db", part = beside(file, ".part");
  if (!fs::exists(source)) throw EngineError(fmt::format("there is no store in {}", directory));
  check_log_at_rest(directory);
  const Held held(file.parent_path());
  const Unfinished unfinished(part);
  {
    const auto from = open(source, SQLITE_OPEN_READWRITE);
    // A reader, and no more than that: the server's log is the server's to take in.
    sqlite3_db_config(from.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    run(from.get(), "PRAGMA query_only = ON; BEGIN; SELECT count(*) FROM sqlite_schema");  // one snapshot to the end
    write_whole(part, "");  // private from the first byte
    const auto to = open(part, SQLITE_OPEN_READWRITE);
    copy_pages(from.get(), to.get(), progress);
    run(to.get(), "PRAGMA journal_mode = DELETE");  // one file, no log beside it
  }
  check_copy(part);
  put_in_place(part, file);
}

void restore(const fs::path& file, const std::string& directory, Replace replace, const Progress& progress) {
  if (!fs::is_regular_file(file)) throw EngineError(fmt::format("there is no backup {}", file.string()));
  if (fs::exists(beside(file, "-wal")))
    throw EngineError(fmt::format("{} is a store in use, not a backup; make one with `varde backup`", file.string()));
  const Directory held(directory, Directory::Purpose::restore);
  const fs::path database = held.database_file(), copy = beside(database, ".restoring");
  if (fs::file_size(database) > 0 && replace == Replace::no)
    throw EngineError(
        fmt::format("{} holds a store already; add --replace to keep it beside and use the backup", directory));
  const Unfinished unfinished(copy);
  copy_whole(file, copy);
  progress(1, 2);
  check_copy(copy);
  swap_in(copy, database);
  progress(2, 2);
}

}  // namespace varde::storage
