#include "server/storage/sqlite/log_vfs.h"

#include <sqlite3.h>

#include <new>
#include <vector>

namespace varde::storage::sqlite {
namespace {

constexpr std::size_t kMostHeld = 1 << 16;  // a real file takes less than 2^17 bytes at a time

sqlite3_vfs* real_of(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

/// The log as the engine sees it. The real file's own record follows it in memory.
struct Log {
  sqlite3_file file;
  std::vector<char> held;
  sqlite3_int64 at;  ///< where that goes

  static Log& of(sqlite3_file* file) { return *reinterpret_cast<Log*>(file); }
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& methods() { return *real()->pMethods; }

  int write_held() {
    if (held.empty()) return SQLITE_OK;
    const int code = methods().xWrite(real(), held.data(), static_cast<int>(held.size()), at);
    held.clear();
    return code;
  }
  bool follows(sqlite3_int64 offset) const { return offset == at + static_cast<sqlite3_int64>(held.size()); }
  int write(const char* bytes, int size, sqlite3_int64 offset) {
    const auto more = static_cast<std::size_t>(size);
    if (!held.empty() && (!follows(offset) || held.size() + more > kMostHeld))
      if (const int code = write_held(); code != SQLITE_OK) return code;
    try {
      if (held.capacity() == 0) held.reserve(kMostHeld);
      held.insert(held.end(), bytes, bytes + size);
    } catch (const std::bad_alloc&) {
      if (const int code = write_held(); code != SQLITE_OK) return code;
      return methods().xWrite(real(), bytes, size, offset);
    }
    if (held.size() == more) at = offset;
    return SQLITE_OK;
  }
};

/// As the real file does it.
template <auto Method, class... Rest>
int passed_on(sqlite3_file* file, Rest... rest) {
  Log& log = Log::of(file);
  return (log.methods().*Method)(log.real(), rest...);
}

/// The same once nothing is held back.
template <auto Method, class... Rest>
int written_first(sqlite3_file* file, Rest... rest) {
  const int code = Log::of(file).write_held();
  return code == SQLITE_OK ? passed_on<Method>(file, rest...) : code;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  return Log::of(file).write(static_cast<const char*>(bytes), size, offset);
}

int close(sqlite3_file* file) {
  Log& log = Log::of(file);
  const int written = log.write_held();
  const int closed = log.methods().xClose(log.real());
  log.~Log();
  return written == SQLITE_OK ? closed : written;
}

constexpr sqlite3_io_methods kMethods{
    .iVersion = 1,
    .xClose = close,
    .xRead = written_first<&sqlite3_io_methods::xRead>,
    .xWrite = write,
    .xTruncate = written_first<&sqlite3_io_methods::xTruncate>,
    .xSync = written_first<&sqlite3_io_methods::xSync>,
    .xFileSize = written_first<&sqlite3_io_methods::xFileSize>,
    .xLock = passed_on<&sqlite3_io_methods::xLock>,
    .xUnlock = passed_on<&sqlite3_io_methods::xUnlock>,
    .xCheckReservedLock = passed_on<&sqlite3_io_methods::xCheckReservedLock>,
    .xFileControl = passed_on<&sqlite3_io_methods::xFileControl>,
    .xSectorSize = passed_on<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = passed_on<&sqlite3_io_methods::xDeviceCharacteristics>,
};

/// Where a sector that is written may take its neighbours along, the engine pads a commit behind the sync.
bool pads(const char* log) {
  sqlite3_file* const database = sqlite3_database_file_object(log);
  return (database->pMethods->xDeviceCharacteristics(database) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) == 0;
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  sqlite3_vfs* const real = real_of(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0 || pads(name)) return real->xOpen(real, name, file, flags, out);
  Log* const log = new (file) Log{};
  log->real()->pMethods = nullptr;
  const int code = real->xOpen(real, name, log->real(), flags, out);
  if (code == SQLITE_OK) log->file.pMethods = &kMethods;
  return code;
}

template <auto Method, class... Rest>
int asked_of_real(sqlite3_vfs* vfs, Rest... rest) {
  sqlite3_vfs* const real = real_of(vfs);
  return (real->*Method)(real, rest...);
}

sqlite3_vfs made() {
  sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  sqlite3_vfs vfs{};
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(Log)) + real->szOsFile;
  vfs.mxPathname = real->mxPathname;
  vfs.zName = "varde-log";
  vfs.pAppData = real;
  vfs.xOpen = open;
  vfs.xDelete = asked_of_real<&sqlite3_vfs::xDelete>;
  vfs.xAccess = asked_of_real<&sqlite3_vfs::xAccess>;
  vfs.xFullPathname = asked_of_real<&sqlite3_vfs::xFullPathname>;
  vfs.xRandomness = asked_of_real<&sqlite3_vfs::xRandomness>;
  vfs.xSleep = asked_of_real<&sqlite3_vfs::xSleep>;
  vfs.xCurrentTime = asked_of_real<&sqlite3_vfs::xCurrentTime>;
  vfs.xGetLastError = asked_of_real<&sqlite3_vfs::xGetLastError>;
  vfs.xCurrentTimeInt64 = asked_of_real<&sqlite3_vfs::xCurrentTimeInt64>;
  return vfs;
}

}  // namespace

const char* log_vfs() {
  static sqlite3_vfs vfs = made();
  static const int kRegistered = sqlite3_vfs_register(&vfs, 0);
  return kRegistered == SQLITE_OK ? vfs.zName : nullptr;
}

}  // namespace varde::storage::sqlite
