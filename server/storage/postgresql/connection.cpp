#include "server/storage/postgresql/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "server/storage/postgresql/dialect.h"
#include "server/storage/postgresql/errors.h"

namespace varde::storage::postgresql {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostSent = 256;  // commands under way: what they answer must fit into the socket's buffers
constexpr auto kLook = std::chrono::milliseconds(20);
constexpr std::uint64_t kStepsPerLook = 20'000;  // a step is about a microsecond
constexpr auto kCancelPatience = std::chrono::seconds(5), kLockPatience = std::chrono::seconds(3);
constexpr int kOldestServer = 150000;
constexpr int kLockClass = 0x56415244;  // "VARD"

constexpr sql::Query kBeginReading{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr sql::Query kBeginWriting{"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr sql::Query kCommit{"COMMIT"};
constexpr sql::Query kRollback{"ROLLBACK"};

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

void quiet(void*, const PGresult*) {}

/// One line, without what follows it: details may hold values.
std::string first_line(const char* text) {
  const std::string_view all(text ? text : "");
  return std::string(all.substr(0, all.find('\n')));
}

}  // namespace

Connection::Connection(std::string url, Access access, Condition& condition)
    : url_(std::move(url)), access_(access), condition_(condition) {}

const sql::Manner& Connection::manner() const {
  static constexpr sql::Manner kManner{
      .first_rows = 32,
      .most_rows = 256,
      .longest_key = 2000,
      .bytes_of_walk = "CASE WHEN octet_length(r.bytes) <= 65536 THEN r.bytes END",
      .position_in_text = "strpos",
  };
  return kManner;
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
    condition_.complain(Trouble::away,
                        "the database server cannot be reached: " + first_line(PQerrorMessage(opened.get())));
    throw condition_.error();
  }
  PQsetNoticeReceiver(opened.get(), quiet, nullptr);
  if (PQserverVersion(opened.get()) < kOldestServer)
    throw EngineError(fmt::format("the database server is PostgreSQL {}; Varde needs 15 or later",
                                  PQserverVersion(opened.get()) / 10000));
  const char* encoding = PQparameterStatus(opened.get(), "server_encoding");
  if (!encoding || std::string_view(encoding) != "UTF8")
    throw EngineError("the database is not encoded in UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0");
  handle_ = std::move(opened);
  if (access_ == Access::write) hold_alone();
  const ResultHandle set(PQexec(handle_.get(), kSetup));
  if (PQresultStatus(set.get()) != PGRES_TUPLES_OK) fail(set.get());
  if (PQenterPipelineMode(handle_.get()) != 1) lose();
}

/// A process that was killed may hold the database for the moment that the server takes to see it.
void Connection::hold_alone() const {
  const auto until = SteadyClock::now() + kLockPatience;
  const std::string text = fmt::format("SELECT pg_try_advisory_lock({}, hashtext(current_schema()))", kLockClass);
  while (true) {
    const ResultHandle tried(PQexec(handle_.get(), text.c_str()));
    if (PQresultStatus(tried.get()) != PGRES_TUPLES_OK)
      throw EngineError(Trouble::away, "database: " + first_line(PQerrorMessage(handle_.get())));
    if (PQgetisnull(tried.get(), 0, 0))
      throw EngineError("the database has no schema to put tables into: see search_path");
    if (*PQgetvalue(tried.get(), 0, 0) == 't') return;
    if (SteadyClock::now() > until)
      throw EngineError(Trouble::locked,
                        "another varde process is using this database; stop it, or choose another database");
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
  begun_ = false;
  try {
    while (handle_ && !sent_.empty()) finish();  // a read that ended: nobody waited for that
  } catch (const EngineError&) {
    // It is of what was before; a connection that is lost is made anew.
  }
  if (!handle_ || has_hung_up()) connect();
  run_later(access_ == Access::write ? kBeginWriting : kBeginReading);
  begun_ = true;
}

void Connection::commit() {
  begun_ = false;
  if (access_ == Access::read) {
    run_later(kCommit);
    return send_sync();
  }
  send(static_cast<Statement&>(prepare(kCommit)));
  const ResultHandle done = finish();
  // A transaction that has failed is rolled back without a failure.
  if (std::string_view(PQcmdStatus(done.get())) != "COMMIT") throw EngineError("database: the transaction had failed");
}

void Connection::rollback() {
  begun_ = false;
  run(kRollback);
}

sql::Statement& Connection::prepare(const sql::Query& query) {
  return statements_.find(query, [this](std::string_view text) { return Statement(*this, in_dialect(text)); });
}

sql::Statement& Connection::prepare(std::string_view text) {
  return statements_.find(
      text, [this](std::string_view built) { return Statement(*this, in_dialect(built)); },
      [this](const Statement& statement) { forget(statement); });
}

void Connection::forget(const Statement& statement) {
  for (const auto& variant : statement.variants_) {
    if (prepared_.erase(variant.name) == 0) continue;
    const std::string text = fmt::format("DEALLOCATE \"{}\"", variant.name);
    check(PQsendQueryParams(handle_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1));
    sent_.push_back({Sent::What::run, {}});
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

void Connection::send(Statement& statement) {
  if (!handle_) throw EngineError(Trouble::away, "the connection to the database server was lost");
  if (sent_.size() >= kMostSent) finish();
  const auto& variant = statement.variant();
  const int count = static_cast<int>(statement.values_.size());
  if (!prepared_.contains(variant.name)) {
    check(PQsendPrepare(handle_.get(), variant.name.c_str(), statement.text_.c_str(), count, variant.types.data()));
    sent_.push_back({Sent::What::prepare, variant.name});
    prepared_.insert(variant.name);
  }
  std::vector<const char*> values(statement.values_.size());
  std::vector<int> lengths(values.size()), formats(values.size(), 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& bound = statement.values_[i];
    if (bound.is_null) continue;
    const bool is_number = bound.type == sql::Type::integer || bound.type == sql::Type::real;
    const std::string_view text = is_number ? std::string_view(bound.number, 8) : bound.copy ? *bound.copy : bound.text;
    values[i] = text.empty() ? "" : text.data();
    lengths[i] = static_cast<int>(text.size());
  }
  check(PQsendQueryPrepared(handle_.get(), variant.name.c_str(), count, values.data(), lengths.data(), formats.data(),
                            1));
  sent_.push_back({Sent::What::run, {}});
}

void Connection::send_sync() {
  check(PQpipelineSync(handle_.get()));
  sent_.push_back({Sent::What::sync, {}});
}

ResultHandle Connection::finish() {
  if (sent_.empty() || sent_.back().what != Sent::What::sync) send_sync();
  ResultHandle last, failed;
  while (!sent_.empty()) {
    const Sent sent = std::move(sent_.front());
    sent_.pop_front();
    ResultHandle result = next_result();
    if (!result) lose();
    if (sent.what == Sent::What::sync) {
      if (PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC) lose();
      continue;
    }
    const auto status = PQresultStatus(result.get());
    const bool is_well = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!is_well && sent.what == Sent::What::prepare) prepared_.erase(sent.name);
    while (next_result()) {
    }
    if (!is_well && !failed)
      failed = std::move(result);
    else if (sent.what == Sent::What::run)
      last = std::move(result);
  }
  if (failed) fail(failed.get());
  if (last) changes_ = std::strtoll(PQcmdTuples(last.get()), nullptr, 10);
  return last;
}

ResultHandle Connection::next_result() {
  std::optional<SteadyClock::time_point> cancelled;
  while (budget_ && PQisBusy(handle_.get())) {
    pollfd socket{PQsocket(handle_.get()), POLLIN, 0};
    if (::poll(&socket, 1, static_cast<int>(kLook.count())) > 0 && PQconsumeInput(handle_.get()) != 1) break;
    if (cancelled) {
      if (SteadyClock::now() - *cancelled > kCancelPatience) lose();
    } else if (socket.revents == 0 && !budget_->spend(kStepsPerLook)) {
      cancelled = SteadyClock::now();
      const std::unique_ptr<PGcancel, Closer<PQfreeCancel>> cancel(PQgetCancel(handle_.get()));
      std::array<char, 256> why{};
      if (cancel) PQcancel(cancel.get(), why.data(), static_cast<int>(why.size()));
    }
  }
  ResultHandle result(PQgetResult(handle_.get()));
  if (PQstatus(handle_.get()) != CONNECTION_OK) lose();
  return result;
}

void Connection::check(int sent) {
  if (sent != 1) lose();
}

void Connection::lose() {
  condition_.complain(Trouble::away, "the connection to the database server was lost: " +
                                         first_line(handle_ ? PQerrorMessage(handle_.get()) : ""));
  handle_.reset();
  sent_.clear(), prepared_.clear();
  begun_ = false;
  throw EngineError(Trouble::away, "the connection to the database server was lost");
}

void Connection::fail(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string sqlstate = state ? state : "";
  const Trouble trouble = trouble_of(sqlstate);
  std::string what =
      fmt::format("database: {} ({})", first_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)), sqlstate);
  if (!is_of_one_statement(sqlstate)) condition_.complain(trouble, what);
  throw EngineError(trouble, std::move(what));
}

}  // namespace varde::storage::postgresql
