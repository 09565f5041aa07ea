#pragma once
/// @file server/storage/sql.h
/// The thin engine-neutral face of a database connection; for server/storage only.
/// Statements are prepared once per connection and kept: a Query (text with static storage) is found again by its
/// address, text built at run time by its content, the least recently used dropped first.
/// Columns count from 0. Parameters are ?1 ?2 ... and bound in order. INDEXED BY and CROSS JOIN say how SQLite is to go
/// about it; an engine that cannot be told so leaves them out.
/// Text and bytes are borrowed: what is bound must live until the statement is reset (run() returns, Rows dies);
/// what a row gives lives until the next step. Faults: none; an engine failure throws EngineError.
/// Threads: a connection belongs to one thread at a time.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "server/storage/storage.h"

namespace varde::storage::sql {

/// SQL text that lives as long as the program: `constexpr sql::Query kCurrent{"SELECT ..."};`
struct Query {
  explicit consteval Query(const char* sql) : text(sql) {}
  const char* text;
};

/// A statement whose first two parameters are the first two columns of the rows of an Insert, `WHERE a = ?1 AND b = ?2
/// …`: of rows that are gathered, it waits only for those of its table that begin so.
struct Keyed : Query {
  consteval Keyed(const char* table_name, const char* sql) : Query(sql), table(table_name) {}
  const char* table;
};

/// An INSERT of one row, `INSERT INTO table (…) VALUES (?1, ?2, …) ON CONFLICT …`, which nobody waits for: an engine
/// may gather the rows of many and insert them together, before anything is read. No column is NULL.
struct Insert {
  explicit consteval Insert(const char* sql, int unique_columns = 0) : text(sql), unique(unique_columns) {}
  const char* text;
  int unique;  ///< the first so many tell rows apart that one statement may not hold twice; 0: it may hold any
};

/// Bytes that are not text, for a BLOB column.
struct Blob {
  std::string_view bytes;
};

/// What a parameter that is NULL would be if it were not.
enum class Type : std::uint8_t { unknown, integer, real, text, bytes };

class Statement {
 public:
  virtual ~Statement() = default;
  virtual void bind(int parameter, std::int64_t value) = 0;
  virtual void bind(int parameter, double value) = 0;
  virtual void bind(int parameter, std::string_view text) = 0;
  virtual void bind(int parameter, Blob blob) = 0;
  /// Of a text that does not live as long as the statement runs.
  virtual void bind_copy(int parameter, std::string text) = 0;
  virtual void bind_null(int parameter, Type type = Type::unknown) = 0;
  virtual bool step() = 0;  ///< true: there is a row
  /// As step() to the end, for a statement of whose rows and count nobody asks. An engine may run it with the
  /// statements that follow: a failure comes with one of them, at the latest with the end of the savepoint or the
  /// transaction.
  virtual void run_later() = 0;
  virtual void reset() noexcept = 0;  ///< before the next bind

  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string_view text(int column) const = 0;  ///< of text and of blobs
  virtual bool is_null(int column) const = 0;
};

template <class T>
constexpr Type type_of_value() {
  if constexpr (std::is_floating_point_v<T>)
    return Type::real;
  else if constexpr (std::is_enum_v<T> || std::is_integral_v<T> || std::is_same_v<T, Instant>)
    return Type::integer;
  else if constexpr (std::is_same_v<T, Blob>)
    return Type::bytes;
  else
    return Type::text;
}

/// Binds any value the storage tables hold: numbers, text, our key types, instants, optionals (absent is NULL).
template <class T>
void bind_value(Statement& statement, int parameter, const T& value) {
  if constexpr (std::is_same_v<T, ParameterKey>) {
    statement.bind(parameter, std::int64_t{static_cast<std::int32_t>(value)});  // as stored: four bytes, not six
  } else if constexpr (std::is_same_v<T, bool>) {
    statement.bind(parameter, std::int64_t{value});
  } else if constexpr (std::is_enum_v<T>) {
    statement.bind(parameter, static_cast<std::int64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    statement.bind(parameter, static_cast<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    statement.bind(parameter, static_cast<double>(value));
  } else if constexpr (std::is_same_v<T, Instant>) {
    statement.bind(parameter, std::int64_t{value.time_since_epoch().count()});
  } else if constexpr (std::is_same_v<T, std::nullopt_t>) {
    statement.bind_null(parameter);
  } else if constexpr (std::is_same_v<T, Blob>) {
    statement.bind(parameter, value);
  } else if constexpr (requires {
                         value.has_value();
                         *value;
                       }) {
    if (value)
      bind_value(statement, parameter, *value);
    else
      statement.bind_null(parameter, type_of_value<std::remove_cvref_t<decltype(*value)>>());
  } else {
    statement.bind(parameter, std::string_view(value));
  }
}

/// The rows of one running statement; resets it when it goes.
///   for (auto rows = connection.query(kByCode, key, code); rows.next();) use(rows.integer(0));
class Rows {
 public:
  explicit Rows(Statement& statement) : statement_(&statement) {}
  Rows(Rows&& other) noexcept : statement_(other.statement_) { other.statement_ = nullptr; }
  Rows& operator=(Rows&&) = delete;
  ~Rows() {
    if (statement_) statement_->reset();
  }
  bool next() { return statement_->step(); }

  std::int64_t integer(int column) const { return statement_->integer(column); }
  double real(int column) const { return statement_->real(column); }
  std::string_view text(int column) const { return statement_->text(column); }
  std::string string(int column) const { return std::string(text(column)); }
  bool is_null(int column) const { return statement_->is_null(column); }
  Instant instant(int column) const { return Instant(std::chrono::microseconds(integer(column))); }
  template <class Key>
  Key key(int column) const {
    return static_cast<Key>(integer(column));
  }

 private:
  Statement* statement_;
};

/// In what engines differ so that whoever builds a statement must know.
struct Manner {
  /// How many rows of a long walk to ask for at first, and at most: twice as many each time, for what is fetched and
  /// not looked at is lost. 0: rows come one by one.
  std::size_t first_rows = 0, most_rows = 0;
  std::size_t longest_key = SIZE_MAX;           ///< bytes of text in an index; see index_text
  std::string_view bytes_of_walk = "r.bytes";   ///< of a resource that is walked by; NULL: too many, to be read alone
  std::string_view position_in_text = "instr";  ///< the function that says where a text holds another, from 1
  bool has_full_text =
      true;  ///< an index of its own for words: a resource's go in as one text, a beginning is "begin*"
  /// Every key holds the patient, so that rows may be spread by it: a row that changes hands is another row, what is
  /// nobody's has a place of its own (whose.h), and that an id stands once is seen to by a table of ids (locator).
  bool lays_out_by_patient = false;
  /// The rows are spread: tables are joined within one patient, and what does not say whose is asked of every node.
  bool is_spread = false;
};

/// What never changes once it is committed, as the reader of one connection remembers it; bounded.
class Remembered {
 public:
  std::optional<std::int64_t> find(std::string_view text) const {
    const auto found = keys_.find(text);
    return found == keys_.end() ? std::nullopt : std::optional(found->second);
  }
  void note(std::string_view text, std::int64_t key) {
    if (keys_.size() >= kMost) keys_.clear();
    keys_.emplace(text, key);
  }
  void forget() { keys_.clear(); }

 private:
  static constexpr std::size_t kMost = 20'000;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> keys_;
};

class Connection {
 public:
  virtual ~Connection() = default;

  virtual const Manner& manner() const = 0;
  /// A transaction: of a reader one snapshot, that of its first statement or of this one. Also brings back a connection
  /// that was lost.
  virtual void begin() = 0;
  /// As begin(), of a reader, at a moment at which no other process is writing (Moment::settled).
  virtual void begin_settled() { begin(); }
  virtual void commit() = 0;
  virtual void rollback() = 0;

  /// A statement that is already running on this connection may not be asked for again (std::logic_error).
  virtual Statement& prepare(const Query& query) = 0;
  virtual Statement& prepare(const Keyed& query) { return prepare(static_cast<const Query&>(query)); }
  virtual Statement& prepare(std::string_view text) = 0;
  /// Several statements without results, parted by semicolons. Not for the hot path.
  virtual void script(const std::string& text) = 0;

  template <class Text, class... Values>
  Rows query(const Text& text, const Values&... values) {
    Statement& statement = prepare(text);
    Rows rows(statement);
    int parameter = 0;
    (bind_value(statement, ++parameter, values), ...);
    return rows;
  }

  /// Runs to the end; returns how many rows changed.
  template <class Text, class... Values>
  std::int64_t run(const Text& text, const Values&... values) {
    Rows rows = query(text, values...);
    while (rows.next()) {
    }
    return changes();
  }

  /// See Statement::run_later.
  template <class Text, class... Values>
  void run_later(const Text& text, const Values&... values) {
    Statement& statement = prepare(text);
    const Rows rows(statement);
    int parameter = 0;
    (bind_value(statement, ++parameter, values), ...);
    statement.run_later();
  }

  /// Once it is committed, all processes that share the store hear of it (Database::on_news).
  virtual void tell(std::string_view /*topic*/) {}
  /// As run_later of a statement, for a row that may be gathered with others.
  template <class... Values>
  void insert(const Insert& text, const Values&... values) {
    Statement& statement = prepare_insert(text);
    const Rows rows(statement);
    int parameter = 0;
    (bind_value(statement, ++parameter, values), ...);
    statement.run_later();
  }
  virtual Statement& prepare_insert(const Insert& insert) = 0;

  /// A part of the transaction that can be undone alone; parts follow each other. An engine may send what is of one
  /// with the next: when that fails the transaction does, with Trouble::contended, and the next ones are sent part by
  /// part.
  virtual void begin_part() = 0;
  virtual void keep_part() = 0;
  virtual void undo_part() = 0;

  virtual std::int64_t changes() const = 0;  ///< rows that the statement which ran last inserted, updated or deleted
  /// From now on long statements spend from it, and end with an EngineError once it is spent; nullptr: no longer.
  virtual void bound_by(Budget* budget) = 0;
  /// Of a connection that only reads: keys of symbols and of patients.
  Remembered& symbols() { return symbols_; }
  Remembered& patients() { return patients_; }
  virtual bool in_transaction() const = 0;  ///< false also when the engine has ended it because of a failure

 private:
  Remembered symbols_, patients_;
};

}  // namespace varde::storage::sql
