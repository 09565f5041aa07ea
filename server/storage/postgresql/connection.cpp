#include "server/storage/postgresql/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "server/storage/postgresql/dialect.h"
#include "server/storage/postgresql/errors.h"

namespace varde::storage::postgresql {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kLockPatience = std::chrono::seconds(3);
constexpr int kOldestServer = 150000;
constexpr int kLockClass = 0x56415244;  // "VARD"

constexpr sql::Query kBeginReading{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr sql::Query kBeginWriting{"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
// Of the session, since a snapshot must be younger than the lock, and the lock gone before the snapshot is.
constexpr sql::Query kSettle{"SELECT pg_advisory_lock(hashtextextended(current_schema() || '/everything', 0))"};
constexpr sql::Query kGoOn{"SELECT pg_advisory_unlock(hashtextextended(current_schema() || '/everything', 0))"};
constexpr sql::Query kCommit{"COMMIT"};
constexpr sql::Query kRollback{"ROLLBACK"};
constexpr sql::Query kSavepoint{"SAVEPOINT job"}, kRelease{"RELEASE job"}, kUndo{"ROLLBACK TO job"};
constexpr sql::Query kTell{"SELECT pg_notify('varde', current_schema() || ' ' || ?1)"};

// Every statement of ours is a short range of one index, joined in the order as written. What the planner guesses from
// statistics, which a young table has none of, could only be worse.
constexpr const char* kSetup = R"(
  SET standard_conforming_strings = on;
  SET plan_cache_mode = force_generic_plan;
  SET jit = off;
  SET enable_seqscan = off;
  SET enable_bitmapscan = off;
  SET enable_hashjoin = off;
  SET enable_mergejoin = off;
  SET enable_material = off;
  SET enable_memoize = off;
  SET enable_sort = off;
  SET work_mem = '64MB';
  SET enable_incremental_sort = off;
  SET join_collapse_limit = 1;
  SET from_collapse_limit = 1;
  SET max_parallel_workers_per_gather = 0;
  SET statement_timeout = 0;
  SET idle_in_transaction_session_timeout = 0;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
)";

// A process that stands still in its turn must not hold up the others for ever, nor one that waits for it.
constexpr const char* kWriterSetup = R"(
  SET idle_in_transaction_session_timeout = '45s';
  SET lock_timeout = '20s';
)";
// So that the server finds out in time that a machine is gone which held something.
constexpr const char* kAlive = R"(
  SET tcp_keepalives_idle = 10;
  SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3;
)";

// https://docs.citusdata.com/en/stable/develop/api_metadata.html
constexpr std::array kIsSpread{
    "SELECT 1 WHERE to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL",
    "SELECT 1 FROM pg_catalog.pg_dist_partition WHERE logicalrelid = to_regclass('resource')"};
// Which node is asked is known by a statement's values alone.
constexpr const char* kSpreadSetup = R"(
  SET plan_cache_mode = force_custom_plan;
  SET citus.multi_shard_modify_mode = 'sequential';
)";

void quiet(void*, const PGresult*) {}

}  // namespace

Connection::Connection(std::string url, Access access, Health& health)
    : url_(std::move(url)), access_(access), health_(health) {}

const sql::Manner& Connection::manner() const {
  static constexpr sql::Manner kManner{
      .first_rows = 32,
      .most_rows = 256,
      .longest_key = 2000,
      .bytes_of_walk = "CASE WHEN octet_length(r.bytes) <= 65536 THEN r.bytes END",
      .position_in_text = "strpos",
      .has_full_text = false,
      .lays_out_by_patient = true,
  };
  static constexpr sql::Manner kSpread = [] {
    sql::Manner manner = kManner;
    manner.is_spread = true;
    return manner;
  }();
  return is_spread_ ? kSpread : kManner;
}

void Connection::connect() {
  handle_.reset();
  sent_.clear(), prepared_.clear();
  symbols().forget(), patients().forget();  // it may be another database now
  // What stands in the URL goes before what stands here.
  constexpr std::array<const char*, 8> kNames{"connect_timeout",
                                              "keepalives_idle",
                                              "tcp_user_timeout",
                                              "client_encoding",
                                              "application_name",
                                              "dbname",
                                              nullptr};
  const std::array<const char*, 8> values{"5", "30", "30000", "UTF8", "varde", url_.c_str(), nullptr};
  ConnectionHandle opened(PQconnectdbParams(kNames.data(), values.data(), 1));
  if (!opened) throw std::bad_alloc();
  if (PQstatus(opened.get()) != CONNECTION_OK) {
    health_.complain(Trouble::away,
                     "the database server cannot be reached: " + first_line(PQerrorMessage(opened.get())));
    throw health_.error();
  }
  PQsetNoticeReceiver(opened.get(), quiet, nullptr);
  if (PQserverVersion(opened.get()) < kOldestServer)
    throw EngineError(fmt::format("the database server is PostgreSQL {}; Varde needs 15 or later",
                                  PQserverVersion(opened.get()) / 10000));
  const char* encoding = PQparameterStatus(opened.get(), "server_encoding");
  if (!encoding || std::string_view(encoding) != "UTF8")
    throw EngineError("the database is not encoded in UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0");
  handle_ = std::move(opened);
  if (access_ == Access::write) share_the_database();
  std::string setup = kSetup;
  if (access_ != Access::read) setup.insert(0, kAlive);
  if (access_ == Access::write) setup.insert(0, kWriterSetup);
  const ResultHandle set(PQexec(handle_.get(), setup.c_str()));
  if (PQresultStatus(set.get()) != PGRES_TUPLES_OK) fail(set.get());
  see_whether_it_is_spread();
  if (PQenterPipelineMode(handle_.get()) != 1) lose();
  ++times_made_;
}

void Connection::see_whether_it_is_spread() {
  is_spread_ = false;
  for (const char* question : kIsSpread) {  // the second stands only where the first is true
    const ResultHandle found(PQexec(handle_.get(), question));
    if (PQresultStatus(found.get()) != PGRES_TUPLES_OK) fail(found.get());
    if (PQntuples(found.get()) == 0) return;
  }
  const ResultHandle set(PQexec(handle_.get(), kSpreadSetup));
  if (PQresultStatus(set.get()) != PGRES_COMMAND_OK) fail(set.get());
  is_spread_ = true;
}

/// A varde before schema 018 holds the database alone. One that was killed may do so for the moment that the server
/// takes to see it.
void Connection::share_the_database() const {
  const auto until = SteadyClock::now() + kLockPatience;
  const std::string text =
      fmt::format("SELECT pg_try_advisory_lock_shared({}, hashtext(current_schema()))", kLockClass);
  while (true) {
    const ResultHandle tried(PQexec(handle_.get(), text.c_str()));
    if (PQresultStatus(tried.get()) != PGRES_TUPLES_OK)
      throw EngineError(Trouble::away, "database: " + first_line(PQerrorMessage(handle_.get())));
    if (PQgetisnull(tried.get(), 0, 0))
      throw EngineError("the database has no schema to put tables into: see search_path");
    if (*PQgetvalue(tried.get(), 0, 0) == 't') return;
    if (SteadyClock::now() > until)
      throw EngineError(Trouble::locked,
                        "an older varde process is using this database, which shares it with nobody; stop it first");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

bool Connection::has_hung_up() const {
  pollfd socket{PQsocket(handle_.get()), POLLIN, 0};
  for (int i = 0; i < 16 && ::poll(&socket, 1, 0) > 0; ++i)
    if (PQconsumeInput(handle_.get()) != 1) return true;
  return PQstatus(handle_.get()) != CONNECTION_OK;
}

void Connection::begin() {
  begun_ = false, part_ = {};
  drop_gathered();
  try {
    while (handle_ && !sent_.empty()) finish();  // a read that ended: nobody waited for that
  } catch (const EngineError&) {
    // It is of what was before; a connection that is lost is made anew.
  }
  broken_ = false;
  if (!handle_ || has_hung_up()) connect();
  run_later(access_ == Access::write ? kBeginWriting : kBeginReading);
  begun_ = true;
}

void Connection::begin_settled() {
  begin();  // brings a lost connection back
  rollback();
  run(kSettle);
  try {
    begin();
    run(kGoOn);  // the statement that takes the snapshot lets the others go on
  } catch (...) {
    handle_.reset(), begun_ = false;  // with its session the lock goes
    throw;
  }
}

void Connection::commit() {
  if (access_ == Access::read) {
    begun_ = false;
    run_later(kCommit);
    return send_sync();
  }
  send_gathered(&Gathered::rows);
  send(static_cast<Statement&>(prepare(kCommit)));
  const ResultHandle done = finish();  // when it fails, what has begun is to be rolled back
  begun_ = false;
  if (strict_ > 0) --strict_;
  // A transaction that has failed is rolled back without a failure.
  if (std::string_view(PQcmdStatus(done.get())) != "COMMIT") throw EngineError("database: the transaction had failed");
}

void Connection::rollback() {
  begun_ = false, part_ = {};
  drop_gathered();
  try {
    while (handle_ && !sent_.empty()) finish();  // what fails of it fails in vain
  } catch (const EngineError&) {
    // Either of what is rolled back, or the connection is lost and all with it.
  }
  broken_ = false;
  if (handle_) run(kRollback);
}

sql::Statement& Connection::prepare(const sql::Query& query) {
  return statements_.find(
      query, [this](std::string_view text) { return Statement(*this, in_dialect(text), Statement::Kind::ordered); });
}

sql::Statement& Connection::prepare(std::string_view text) {
  return statements_.find(
      text, [this](std::string_view built) { return Statement(*this, in_dialect(built), Statement::Kind::built); },
      [this](const Statement& statement) { forget(statement); });
}

void Connection::forget(const Statement& statement) {
  for (const auto& variant : statement.variants_) {
    if (prepared_.erase(variant.name) == 0) continue;
    const std::string text = fmt::format("DEALLOCATE \"{}\"", variant.name);
    check(PQsendQueryParams(handle_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1));
    sent_.push_back({Sent::What::run, {}, part_.number});
  }
}

void Connection::script(const std::string& text) {
  if (!handle_) connect();
  if (!sent_.empty()) finish();
  PQexitPipelineMode(handle_.get());
  const ResultHandle result(PQexec(handle_.get(), text.c_str()));
  PQenterPipelineMode(handle_.get());
  if (PQstatus(handle_.get()) != CONNECTION_OK) lose();
  if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) fail(result.get());
}

sql::Statement& Connection::prepare_insert(const sql::Insert& insert) {
  return statements_.find(insert.text, [&](std::string_view text) {
    return Statement(*this, in_dialect(text), Statement::Kind::inserts, insert.unique);
  });
}

void Connection::begin_part() {
  part_ = {part_.number + 1, true, false};
  for (Statement* each : gathering_) each->gathered_->mark();
  if (strict_ > 0) save_part();
}

void Connection::save_part() {
  if (!part_.open || part_.saved) return;
  send_gathered(&Gathered::rows_before_mark);
  ++part_.number;  // those were others'
  send(static_cast<Statement&>(prepare(kSavepoint)));
  part_.saved = true;
}

void Connection::keep_part() {
  if (part_.saved) {
    if (strict_ > 0) send_gathered(&Gathered::rows);
    send(static_cast<Statement&>(prepare(kRelease)));
    if (strict_ > 0) finish();
  }
  part_ = {part_.number + 1};  // whatever fails from here on is nobody's own
}

void Connection::undo_part() {
  if (broken_) throw EngineError(Trouble::contended, "a write beside this one failed");
  part_.open = false;
  for (Statement* each : gathering_) each->gathered_->drop_behind_mark();
  if (!part_.saved) return;
  drop_gathered();  // what was before it has been sent
  send(static_cast<Statement&>(prepare(kUndo)));
  send(static_cast<Statement&>(prepare(kRelease)));
  finish();
}

void Connection::tell(std::string_view topic) { run_later(kTell, topic); }

std::optional<std::string> Connection::next_news() {
  if (!handle_ || PQconsumeInput(handle_.get()) != 1) return std::nullopt;
  const std::unique_ptr<PGnotify, Closer<PQfreemem>> news(PQnotifies(handle_.get()));
  return news ? std::optional<std::string>(news->extra) : std::nullopt;
}

}  // namespace varde::storage::postgresql
