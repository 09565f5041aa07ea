#pragma once
/// @file server/storage/sqlite/connection.h
/// sql::Connection over one sqlite3 handle. Source: https://www.sqlite.org/c3ref/intro.html
#include <string>

#include "server/storage/condition.h"
#include "server/storage/prepared.h"
#include "server/storage/sql.h"
#include "server/storage/sqlite/handle.h"

namespace varde::storage::sqlite {

class Statement final : public sql::Statement {
 public:
  Statement(sqlite3* database, Condition& condition, std::string_view text);
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
  Condition* condition_;
  StatementHandle handle_;
};

enum class Access {
  write,
  read,
  copy,  ///< a file without a log beside it: a backup, or a store that becomes one
};

class Connection final : public sql::Connection {
 public:
  /// What the engine complains of is noted in `condition`, too.
  Connection(const std::string& file, Access access, Condition& condition);

  const sql::Manner& manner() const override;
  void begin() override;
  void commit() override;
  void rollback() override;
  sql::Statement& prepare(const sql::Query& query) override;
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
  Condition& condition_;
  const Access access_;
  DatabaseHandle handle_;  // first, so that it goes last
  Prepared<Statement> statements_;
};

}  // namespace varde::storage::sqlite
