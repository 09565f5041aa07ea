#pragma once
/// @file server/storage/postgresql/gathered.h
/// The rows of one INSERT that wait to be sent together: an array for each column, which unnest makes rows of again.
/// Source: https://www.postgresql.org/docs/15/functions-array.html, arrays in binary form as array_send makes them.
#include <libpq-fe.h>

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace varde::storage::postgresql {

/// `INSERT INTO t (a, b) VALUES ($1, $2) …` for any number of rows.
std::string insert_of_many(std::string_view insert);

class Gathered {
 public:
  struct Value {
    Oid type;
    std::string_view bytes;  ///< in binary form
  };
  /// False: a row with the same first `unique` columns waits already; it must be sent before.
  bool add(const std::vector<Value>& row, int unique);

  std::size_t rows() const { return rows_; }
  std::size_t bytes() const { return bytes_; }
  /// The rows so far are of the parts before.
  void mark();
  std::size_t rows_before_mark() const { return marked_rows_; }
  void drop_behind_mark();
  void clear();

  struct Parameters {
    std::vector<Oid> types;
    std::vector<std::string> arrays;
  };
  /// The first `count` rows, which wait no longer.
  Parameters take(std::size_t count);

 private:
  void forget_keys_from(std::size_t row);
  struct Column {
    Oid type = 0;
    std::string bytes = {};  ///< of each value its length and itself
    std::size_t marked = 0;  ///< bytes before the mark
  };
  std::vector<Column> columns_;
  std::vector<std::string> keys_;  ///< by row, where rows are told apart
  std::unordered_set<std::string> known_;
  std::size_t rows_ = 0, bytes_ = 0, marked_rows_ = 0;
};

}  // namespace varde::storage::postgresql
