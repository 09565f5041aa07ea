#pragma once
/// @file server/storage/sqlite/connection.h
/// sql::Connection over one sqlite3 handle. Source: https://www.sqlite.org/c3ref/intro.html
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/health.h"
#include "server/storage/prepared.h"
#include "server/storage/sql.h"
#include "server/storage/sqlite/gathered.h"
#include "server/storage/sqlite/handle.h"

namespace varde::storage::sqlite {

class Statement final : public sql::Statement {
 public:
  Statement(sqlite3* database, Health& health, std::string_view text);
  bool touches_gathered = false;  ///< reads or writes a table whose rows may be waiting
  bool busy() const { return sqlite3_stmt_busy(handle_.get()) != 0; }

  void bind(int parameter, std::int64_t value) override;
  void bind(int parameter, double value) override;
  void bind(int parameter, std::string_view text) override;
  void bind(int parameter, sql::Blob blob) override;
  void bind_copy(int parameter, std::string text) override;
  void bind_null(int parameter, sql::Type type) override;
  bool step() override;
  void run_later() override;
  void reset() noexcept override;

  std::int64_t integer(int column) const override;
  double real(int column) const override;
  std::string_view text(int column) const override;
  bool is_null(int column) const override;

 private:
  void check(int code) const;
  sqlite3* database_;
  Health* health_;
  StatementHandle handle_;
};

/// An INSERT whose rows wait (see gathered.h).
class GatheringInsert final : public sql::Statement {
 public:
  GatheringInsert(sqlite::Statement insert, std::string_view table) : insert_(std::move(insert)), table_(table) {}
  bool busy() const { return false; }
  std::string_view table() const { return table_; }
  Gathered& rows() { return rows_; }
  void send() { insert(rows_.take()); }
  void send(std::string_view key) { insert(rows_.take(key)); }

  void bind(int parameter, std::int64_t value) override;
  void bind(int parameter, double value) override;
  void bind(int parameter, std::string_view text) override;
  void bind(int parameter, sql::Blob blob) override;
  void bind_copy(int parameter, std::string text) override;
  void bind_null(int parameter, sql::Type type) override;
  bool step() override;
  void run_later() override;
  void reset() noexcept override { row_.clear(); }

  std::int64_t integer(int column) const override;
  double real(int column) const override;
  std::string_view text(int column) const override;
  bool is_null(int column) const override;

 private:
  void insert(const std::vector<std::string>& rows);
  sqlite::Statement insert_;
  std::string_view table_;
  GatheredRow row_;
  Gathered rows_;
};

/// A statement that waits for the gathered rows of its key alone (sql::Keyed).
class KeyedStatement final : public sql::Statement {
 public:
  using Send = std::function<void(std::string_view key)>;
  KeyedStatement(sqlite::Statement statement, Send send) : statement_(std::move(statement)), send_(std::move(send)) {}
  bool busy() const { return statement_.busy(); }

  void bind(int parameter, std::int64_t value) override;
  void bind(int parameter, double value) override { statement_.bind(parameter, value); }
  void bind(int parameter, std::string_view text) override;
  void bind(int parameter, sql::Blob blob) override { statement_.bind(parameter, blob); }
  void bind_copy(int parameter, std::string text) override;
  void bind_null(int parameter, sql::Type type) override { statement_.bind_null(parameter, type); }
  bool step() override;
  void run_later() override;
  void reset() noexcept override;

  std::int64_t integer(int column) const override { return statement_.integer(column); }
  double real(int column) const override { return statement_.real(column); }
  std::string_view text(int column) const override { return statement_.text(column); }
  bool is_null(int column) const override { return statement_.is_null(column); }

 private:
  void send();
  sqlite::Statement statement_;
  Send send_;
  GatheredRow bound_;
  bool sent_ = false;
};

enum class Access {
  write,
  read,
  copy,  ///< a file without a log beside it: a backup, or a store that becomes one
};

class Connection final : public sql::Connection {
 public:
  /// What the engine complains of is noted in `health`, too.
  Connection(const std::string& file, Access access, Health& health);

  const sql::Manner& manner() const override;
  void begin() override;
  void commit() override;
  void rollback() override;
  sql::Statement& prepare(const sql::Query& query) override;
  sql::Statement& prepare(const sql::Keyed& query) override;
  sql::Statement& prepare(std::string_view text) override;
  void script(const std::string& text) override;
  std::int64_t changes() const override { return sqlite3_changes64(handle_.get()); }
  sql::Statement& prepare_insert(const sql::Insert& insert) override;
  void begin_part() override;
  void keep_part() override;
  void undo_part() override;
  void bound_by(Budget* budget) override;
  bool in_transaction() const override { return sqlite3_get_autocommit(handle_.get()) == 0; }

 private:
  Statement make(std::string_view text);
  Statement& after_waiting_rows(Statement& statement);
  void send_waiting_rows();
  void send_waiting_rows(std::string_view table, std::string_view key);
  void forget_waiting_rows();

  Health& health_;
  const Access access_;
  DatabaseHandle handle_;  // first, so that it goes last
  Prepared<Statement> statements_;
  Prepared<KeyedStatement> keyed_;
  Prepared<GatheringInsert> gathering_;
  std::vector<GatheringInsert*> waiting_;  ///< all of gathering_
  bool prepared_touches_ = false;          ///< what the authorizer saw of the statement that is being prepared
};

}  // namespace varde::storage::sqlite
