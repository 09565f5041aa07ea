#pragma once
/// @file server/storage/postgresql/connection.h
/// sql::Connection over one connection of libpq, always in pipeline mode: statements that nobody waits for travel with
/// the next one that somebody does. Source: https://www.postgresql.org/docs/15/libpq-pipeline-mode.html
/// A statement's rows are gathered whole, so whoever walks far asks for some at a time (Manner). Made without a
/// connection; begin() and script() make one, also when it was lost. What is asked for on a lost one throws
/// Trouble::away.
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "server/storage/health.h"
#include "server/storage/postgresql/gathered.h"
#include "server/storage/postgresql/handle.h"
#include "server/storage/postgresql/named_tables.h"
#include "server/storage/prepared.h"
#include "server/storage/sql.h"

namespace varde::storage::postgresql {

class Connection;

class Statement final : public sql::Statement {
 public:
  enum class Kind : std::uint8_t {
    ordered,
    built,    ///< of a text that is made at run time: what a client asks may fail, or be cut short
    inserts,  ///< one row, which may be gathered
  };
  /// `text` in the engine's dialect. `unique`: as in sql::Insert.
  Statement(Connection& connection, std::string text, Kind kind, int unique = 0)
      : connection_(&connection), text_(std::move(text)), tables_(tables_of(text_)), kind_(kind), unique_(unique) {}
  bool busy() const { return result_ != nullptr; }

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
  friend class Connection;
  struct Value {
    sql::Type type = sql::Type::unknown;
    bool is_null = true;
    char number[8] = {};  ///< in network order
    std::string_view text = {};
    std::optional<std::string> copy = {};
  };
  /// The server knows a statement by the types of its parameters, too.
  struct Variant {
    std::string name;
    std::vector<Oid> types;
  };
  Value& value(int parameter);
  void bind_number(int parameter, sql::Type type, std::uint64_t bits);
  const Variant& variant();
  static std::string_view binary(const Value& value);
  static Oid type_of(sql::Type type);

  Connection* connection_;
  std::string text_;  ///< in the engine's dialect
  std::vector<std::string> tables_;
  Kind kind_;
  int unique_;
  std::unique_ptr<Gathered> gathered_ = {};
  std::string name_of_many_ = {};  ///< of the statement that inserts them
  std::vector<Value> values_;
  std::vector<Variant> variants_;
  ResultHandle result_;
  int row_ = -1;
};

enum class Access : std::uint8_t {
  write,
  read,
  beside,  ///< the process' own small statements, outside of transactions (processes.h)
};

class Connection final : public sql::Connection {
 public:
  /// What the server complains of is noted in `health`, too.
  Connection(std::string url, Access access, Health& health);

  const sql::Manner& manner() const override;
  void begin() override;
  void begin_settled() override;
  void commit() override;
  void rollback() override;
  sql::Statement& prepare(const sql::Query& query) override;
  sql::Statement& prepare(std::string_view text) override;
  void script(const std::string& text) override;
  sql::Statement& prepare_insert(const sql::Insert& insert) override;
  void begin_part() override;
  void keep_part() override;
  void undo_part() override;
  void tell(std::string_view topic) override;
  std::int64_t changes() const override { return changes_; }
  void bound_by(Budget* budget) override { budget_ = budget; }
  bool in_transaction() const override { return begun_; }

  /// Whether statements can be sent; false once the server has gone away.
  bool is_up() const { return handle_ && !has_hung_up(); }
  /// How often a connection was made: what a session holds, it holds no longer on another one.
  std::uint64_t times_made() const { return times_made_; }
  int socket() const { return handle_ ? PQsocket(handle_.get()) : -1; }
  /// What others told since the last time, on the channel that script("LISTEN varde") listens to; nullopt: no more.
  std::optional<std::string> next_news();

 private:
  friend class Statement;
  /// A command whose result has not been read.
  struct Sent {
    enum class What : std::uint8_t { prepare, run, sync } what;
    std::string name;  ///< of what is prepared
    std::uint64_t part = 0;
  };
  /// Of the transaction, see begin_part. What is gathered in it goes without a savepoint: what never left us needs
  /// none.
  struct Part {
    std::uint64_t number = 0;
    bool open = false, saved = false;
  };

  void connect();
  void share_the_database() const;
  void see_whether_it_is_spread();
  bool has_hung_up() const;
  enum class Does : std::uint8_t { reads, writes };
  /// Before what must see the rows that wait for tables which it names: a read, or a write in its order. A read
  /// needs no savepoint unless such rows are of the part itself, or it may well fail.
  void prepare_for(const Statement& statement, Does does);
  void save_part();
  void gather(Statement& statement);
  void send_gathered(std::size_t (Gathered::*rows)() const);
  void send_gathered(Statement& of, std::size_t count);
  void drop_gathered();
  void send(Statement& statement);
  void send(const std::string& name, const std::string& text, const std::vector<Oid>& types,
            const std::vector<std::string_view>& values, const std::vector<bool>& nulls);
  void send_sync();
  ResultHandle finish();  ///< of the command sent last; throws the first failure of all that were sent
  ResultHandle next_result();
  void check(int sent);
  [[noreturn]] void lose();
  [[noreturn]] void fail(const PGresult* result);
  [[noreturn]] void fail_later(const PGresult* result);
  void forget(const Statement& statement);

  const std::string url_;
  const Access access_;
  Health& health_;
  Budget* budget_ = nullptr;
  ConnectionHandle handle_;
  std::deque<Sent> sent_;
  std::unordered_set<std::string> prepared_;  ///< what the server knows
  std::uint64_t names_ = 0, times_made_ = 0;
  std::int64_t changes_ = 0;
  bool begun_ = false;
  bool is_spread_ = false;  ///< see spread.h
  Part part_;
  bool broken_ = false;  ///< what failed was of a part that had been kept
  int strict_ = 0;       ///< so many transactions are yet to be sent part by part
  std::vector<Statement*> gathering_;
  Prepared<Statement> statements_;
};

}  // namespace varde::storage::postgresql
