#include "server/storage/sqlite/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <stdexcept>

#include "server/storage/sqlite/log_vfs.h"

namespace varde::storage::sqlite {
namespace {

// How often a long statement asks whether it may go on, and what that much of it costs.
constexpr int kInstructionsPerLook = 10'000;
constexpr std::uint64_t kStepsPerLook = 256;

constexpr sql::Query kBegin{"BEGIN"};
constexpr sql::Query kBeginWriting{"BEGIN IMMEDIATE"};
constexpr sql::Query kCommit{"COMMIT"};
constexpr sql::Query kRollback{"ROLLBACK"};
constexpr sql::Query kSavepoint{"SAVEPOINT job"}, kRelease{"RELEASE job"}, kUndo{"ROLLBACK TO job"};

constexpr const char* kNoIndexRow = "a gathered row holds text and whole numbers alone";
constexpr const char* kNobodyWaits = "nobody waits for a gathered row";

/// https://www.sqlite.org/rescode.html; an I/O error tells by the system's own number what it is.
Trouble trouble_of(int code, int system_error) {
  switch (code & 0xFF) {
    case SQLITE_FULL: return Trouble::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Trouble::damaged;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Trouble::locked;
    case SQLITE_NOMEM: return Trouble::memory;
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_NOMEM) return Trouble::memory;
      if (code == SQLITE_IOERR_DATA) return Trouble::damaged;
      return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG ? Trouble::full : Trouble::other;
    default: return Trouble::other;
  }
}

/// Names tables, columns and the engine's own words; never a bound value.
[[noreturn]] void fail_engine(sqlite3* database, Health& health, int code) {
  const Trouble trouble = trouble_of(code, errno);  // sqlite3_system_errno() stays 0 when a commit fails
  std::string what = fmt::format("database: {} ({})", sqlite3_errmsg(database), code);
  // A broken constraint is a mistake of ours in one job, an interrupt the end of a budget: neither is a state of the
  // store.
  if ((code & 0xFF) != SQLITE_CONSTRAINT && code != SQLITE_INTERRUPT) health.complain(trouble, what);
  throw EngineError(trouble, std::move(what));
}

DatabaseHandle open(const std::string& file, Access access) {
  // Counting every allocation takes a lock that all threads share.
  static std::once_flag configured;
  std::call_once(configured, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });

  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                   access == Access::write ? log_vfs() : nullptr);
  DatabaseHandle handle(opened);
  if (code != SQLITE_OK) throw EngineError(fmt::format("cannot open {}: {}", file, sqlite3_errstr(code)));
  sqlite3_extended_result_codes(opened, 1);
  return handle;
}

// Durable at every commit; a page size and cache measured with tests/bench.
constexpr const char* kWriterSetup = R"(
  PRAGMA busy_timeout = 3000;
  PRAGMA page_size = 4096;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 8000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -65536;
)";
constexpr const char* kCopySetup = R"(
  PRAGMA busy_timeout = 3000;
  PRAGMA synchronous = FULL;
  PRAGMA journal_mode = DELETE;
)";
constexpr const char* kReaderSetup = R"(
  PRAGMA busy_timeout = 10000;
  PRAGMA query_only = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -8192;
  PRAGMA mmap_size = 1073741824;
)";

}  // namespace

Statement::Statement(sqlite3* database, Health& health, std::string_view text) : database_(database), health_(&health) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(database, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                                      &prepared, nullptr);
  handle_.reset(prepared);
  check(code);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) fail_engine(database_, *health_, code);
}

void Statement::bind(int parameter, std::int64_t value) { check(sqlite3_bind_int64(handle_.get(), parameter, value)); }

void Statement::bind(int parameter, double value) { check(sqlite3_bind_double(handle_.get(), parameter, value)); }

void Statement::bind(int parameter, std::string_view text) {
  // An empty view may hold a null pointer, which sqlite3 would take for NULL.
  const char* data = text.empty() ? "" : text.data();
  check(sqlite3_bind_text64(handle_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int parameter, sql::Blob blob) {
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  check(sqlite3_bind_blob64(handle_.get(), parameter, data, blob.bytes.size(), SQLITE_STATIC));
}

void Statement::bind_copy(int parameter, std::string text) {
  check(sqlite3_bind_text64(handle_.get(), parameter, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_null(int parameter, sql::Type) { check(sqlite3_bind_null(handle_.get(), parameter)); }

bool Statement::step() {
  errno = 0;
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail_engine(database_, *health_, code);
}

void Statement::run_later() {
  while (step()) {
  }
}

void Statement::reset() noexcept { sqlite3_reset(handle_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(handle_.get(), column); }

std::string_view Statement::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

void GatheringInsert::bind(int, std::int64_t value) { row_.add(value); }
void GatheringInsert::bind(int, std::string_view text) { row_.add(text); }
void GatheringInsert::bind_copy(int, std::string text) { row_.add(std::string_view(text)); }
void GatheringInsert::bind(int, double) { throw std::logic_error(kNoIndexRow); }
void GatheringInsert::bind(int, sql::Blob) { throw std::logic_error(kNoIndexRow); }
void GatheringInsert::bind_null(int, sql::Type) { throw std::logic_error(kNoIndexRow); }
bool GatheringInsert::step() { throw std::logic_error(kNobodyWaits); }
std::int64_t GatheringInsert::integer(int) const { throw std::logic_error(kNobodyWaits); }
double GatheringInsert::real(int) const { throw std::logic_error(kNobodyWaits); }
std::string_view GatheringInsert::text(int) const { throw std::logic_error(kNobodyWaits); }
bool GatheringInsert::is_null(int) const { throw std::logic_error(kNobodyWaits); }

void GatheringInsert::run_later() { rows_.add(row_); }

void GatheringInsert::insert(const std::vector<std::string>& rows) {
  for (const std::string& row : rows) {
    int parameter = 0;
    for (std::string_view rest = row; !rest.empty();) {
      const GatheredValue value = take_value(rest);
      if (value.is_text)
        insert_.bind(++parameter, value.text);
      else
        insert_.bind(++parameter, value.number);
    }
    const sql::Rows running(insert_);
    insert_.run_later();
  }
}

void KeyedStatement::bind(int parameter, std::int64_t value) {
  bound_.add(value);
  statement_.bind(parameter, value);
}

void KeyedStatement::bind(int parameter, std::string_view text) {
  bound_.add(text);
  statement_.bind(parameter, text);
}

void KeyedStatement::bind_copy(int parameter, std::string text) {
  bound_.add(std::string_view(text));
  statement_.bind_copy(parameter, std::move(text));
}

void KeyedStatement::send() {
  if (!std::exchange(sent_, true)) send_(key_of(bound_.bytes()));
}

bool KeyedStatement::step() {
  send();
  return statement_.step();
}

void KeyedStatement::run_later() {
  send();
  statement_.run_later();
}

void KeyedStatement::reset() noexcept {
  bound_.clear(), sent_ = false;
  statement_.reset();
}

Connection::Connection(const std::string& file, Access access, Health& health)
    : health_(health), access_(access), handle_(open(file, access)) {
  script(access == Access::write ? kWriterSetup : access == Access::read ? kReaderSetup : kCopySetup);
  // Which tables a statement touches, the engine tells while it prepares it:
  // https://www.sqlite.org/c3ref/set_authorizer.html
  const auto look = [](void* seen, int, const char* name, const char*, const char*, const char*) {
    if (name != nullptr && is_gathered(name)) *static_cast<bool*>(seen) = true;
    return SQLITE_OK;
  };
  if (access == Access::write) sqlite3_set_authorizer(handle_.get(), look, &prepared_touches_);
}

const sql::Manner& Connection::manner() const {
  // Whoever has many entries may be met by each of them; the length of a text would have to be counted.
  static constexpr sql::Manner kManner{.bytes_of_walk = "CASE WHEN length(r.entries) <= 65536 THEN r.bytes END"};
  return kManner;
}

void Connection::begin() {
  forget_waiting_rows();  // of a transaction that the engine has ended
  run(access_ == Access::read ? kBegin : kBeginWriting);
}
void Connection::commit() {
  send_waiting_rows();
  run(kCommit);
}
void Connection::rollback() {
  forget_waiting_rows();
  run(kRollback);
}

Statement Connection::make(std::string_view text) {
  prepared_touches_ = false;
  Statement statement(handle_.get(), health_, text);
  statement.touches_gathered = prepared_touches_;
  return statement;
}

Statement& Connection::after_waiting_rows(Statement& statement) {
  if (statement.touches_gathered) send_waiting_rows();
  return statement;
}

void Connection::send_waiting_rows() {
  for (GatheringInsert* insert : waiting_) insert->send();
}

void Connection::send_waiting_rows(std::string_view table, std::string_view key) {
  for (GatheringInsert* insert : waiting_)
    if (insert->table() == table) insert->send(key);
}

void Connection::forget_waiting_rows() {
  for (GatheringInsert* insert : waiting_) insert->rows().clear();
}

sql::Statement& Connection::prepare(const sql::Query& query) {
  return after_waiting_rows(statements_.find(query, [this](std::string_view text) { return make(text); }));
}

sql::Statement& Connection::prepare(const sql::Keyed& query) {
  if (access_ != Access::write) return prepare(static_cast<const sql::Query&>(query));
  return keyed_.find(query, [&](std::string_view text) {
    return KeyedStatement(make(text), [this, table = std::string_view(query.table)](std::string_view key) {
      send_waiting_rows(table, key);
    });
  });
}

sql::Statement& Connection::prepare(std::string_view text) {
  return after_waiting_rows(statements_.find(
      text, [this](std::string_view built) { return make(built); }, [](const Statement&) {}));
}

sql::Statement& Connection::prepare_insert(const sql::Insert& insert) {
  const std::string_view table = table_of_insert(insert.text);
  if (!is_gathered(table)) return statements_.find(insert.text, [this](std::string_view text) { return make(text); });
  GatheringInsert& gathering =
      gathering_.find(insert.text, [&](std::string_view text) { return GatheringInsert(make(text), table); });
  if (std::ranges::find(waiting_, &gathering) == waiting_.end()) waiting_.push_back(&gathering);
  return gathering;
}

void Connection::begin_part() {
  run(kSavepoint);
  for (GatheringInsert* insert : waiting_) insert->rows().mark();
}
void Connection::keep_part() { run(kRelease); }
void Connection::undo_part() {
  run(kUndo);
  run(kRelease);
  for (GatheringInsert* insert : waiting_) insert->rows().undo();
}

void Connection::bound_by(Budget* budget) {
  const auto spend = [](void* spent_from) { return static_cast<Budget*>(spent_from)->spend(kStepsPerLook) ? 0 : 1; };
  sqlite3_progress_handler(handle_.get(), budget ? kInstructionsPerLook : 0, spend, budget);
}

void Connection::script(const std::string& text) {
  send_waiting_rows();
  const int code = sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail_engine(handle_.get(), health_, code);
}

}  // namespace varde::storage::sqlite
