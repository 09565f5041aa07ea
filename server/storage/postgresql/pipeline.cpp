// What a Connection has sent and not yet been answered: commands under way, and rows that are gathered to be sent as
// one. Source: https://www.postgresql.org/docs/15/libpq-pipeline-mode.html
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/postgresql/connection.h"
#include "server/storage/postgresql/dialect.h"
#include "server/storage/postgresql/errors.h"

namespace varde::storage::postgresql {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostSent = 256;  // commands under way: what they answer must fit into the socket's buffers
constexpr std::size_t kMostGathered = std::size_t{4} << 20;  // bytes
constexpr int kStrict = 16;
constexpr auto kLook = std::chrono::milliseconds(20);
constexpr std::uint64_t kStepsPerLook = 20'000;  // a step is about a microsecond
constexpr auto kCancelPatience = std::chrono::seconds(5);

}  // namespace

void Connection::prepare_for(const Statement& statement, Does does) {
  if (does == Does::writes || statement.kind_ == Statement::Kind::built) save_part();
  std::vector<Statement*> seen;
  for (Statement* each : gathering_)
    if (std::find(statement.tables_.begin(), statement.tables_.end(), each->tables_.front()) != statement.tables_.end())
      seen.push_back(each);
  if (std::any_of(seen.begin(), seen.end(),
                  [](const Statement* each) { return each->gathered_->rows() > each->gathered_->rows_before_mark(); }))
    save_part();
  for (Statement* each : seen) send_gathered(*each, each->gathered_->rows());
  std::erase_if(gathering_, [](const Statement* each) { return each->gathered_->rows() == 0; });
}

void Connection::gather(Statement& statement) {
  if (!statement.gathered_) statement.gathered_ = std::make_unique<Gathered>();
  std::vector<Gathered::Value> row;
  row.reserve(statement.values_.size());
  for (const auto& bound : statement.values_) row.push_back({Statement::type_of(bound.type), Statement::binary(bound)});
  while (!statement.gathered_->add(row, statement.unique_)) save_part(), send_gathered(&Gathered::rows);
  if (std::find(gathering_.begin(), gathering_.end(), &statement) == gathering_.end()) gathering_.push_back(&statement);
  std::size_t bytes = 0;
  for (const Statement* each : gathering_) bytes += each->gathered_->bytes();
  if (bytes > kMostGathered) save_part(), send_gathered(&Gathered::rows);
}

void Connection::send_gathered(std::size_t (Gathered::*rows)() const) {
  for (Statement* each : gathering_) send_gathered(*each, (*each->gathered_.*rows)());
  std::erase_if(gathering_, [](const Statement* each) { return each->gathered_->rows() == 0; });
}

void Connection::send_gathered(Statement& of, std::size_t count) {
  if (count == 0) return;
  const auto parameters = of.gathered_->take(count);
  if (of.name_of_many_.empty()) of.name_of_many_ = std::to_string(++names_);
  send(of.name_of_many_, insert_of_many(of.text_), parameters.types,
       {parameters.arrays.begin(), parameters.arrays.end()}, std::vector<bool>(parameters.arrays.size(), false));
}

void Connection::drop_gathered() {
  for (Statement* each : gathering_) each->gathered_->clear();
  gathering_.clear();
}

void Connection::send(Statement& statement) {
  std::vector<std::string_view> values;
  std::vector<bool> nulls;
  for (const auto& bound : statement.values_) {
    nulls.push_back(bound.is_null);
    values.push_back(Statement::binary(bound));
  }
  const auto& variant = statement.variant();
  send(variant.name, statement.text_, variant.types, values, nulls);
}

void Connection::send(const std::string& name, const std::string& text, const std::vector<Oid>& types,
                      const std::vector<std::string_view>& values, const std::vector<bool>& nulls) {
  if (!handle_) throw EngineError(Trouble::away, "the connection to the database server was lost");
  if (sent_.size() >= kMostSent) finish();
  const int count = static_cast<int>(values.size());
  if (prepared_.insert(name).second) {
    check(PQsendPrepare(handle_.get(), name.c_str(), text.c_str(), count, types.data()));
    sent_.push_back({Sent::What::prepare, name, part_.number});
  }
  std::vector<const char*> starts(values.size());
  std::vector<int> lengths(values.size()), formats(values.size(), 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (nulls[i]) continue;
    starts[i] = values[i].empty() ? "" : values[i].data();
    lengths[i] = static_cast<int>(values[i].size());
  }
  check(PQsendQueryPrepared(handle_.get(), name.c_str(), count, starts.data(), lengths.data(), formats.data(), 1));
  sent_.push_back({Sent::What::run, {}, part_.number});
}

void Connection::send_sync() {
  check(PQpipelineSync(handle_.get()));
  sent_.push_back({Sent::What::sync, {}, part_.number});
}

ResultHandle Connection::finish() {
  if (sent_.empty() || sent_.back().what != Sent::What::sync) send_sync();
  ResultHandle last, failed;
  std::uint64_t failed_part = 0;
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
      failed = std::move(result), failed_part = sent.part;
    else if (sent.what == Sent::What::run)
      last = std::move(result);
  }
  // Outside of parts, and within one, a failure is of what is asked for now; else of a part that was kept. Without a
  // savepoint it has cost all of them the transaction.
  const bool is_own = part_.number == 0 || (part_.open && part_.saved && failed_part == part_.number);
  if (failed && !is_own) fail_later(failed.get());
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
  health_.complain(Trouble::away, "the connection to the database server was lost: " +
                                      first_line(handle_ ? PQerrorMessage(handle_.get()) : ""));
  handle_.reset();
  sent_.clear(), prepared_.clear();
  begun_ = false;
  throw EngineError(Trouble::away, "the connection to the database server was lost");
}

/// What failed is of a part that was kept: those of it have gone on. All of the transaction is undone, whoever can
/// does his part again, and then each learns of his own failure.
void Connection::fail_later(const PGresult* result) {
  broken_ = true, strict_ = kStrict;
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (is_of_one_statement(state ? state : "")) throw EngineError(Trouble::contended, "a write beside this one failed");
  fail(result);
}

void Connection::fail(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string sqlstate = state ? state : "";
  const Trouble trouble = trouble_of(sqlstate);
  std::string what =
      fmt::format("database: {} ({})", first_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)), sqlstate);
  if (!is_of_one_statement(sqlstate)) health_.complain(trouble, what);
  throw EngineError(trouble, std::move(what));
}

}  // namespace varde::storage::postgresql
