#pragma once
/// @file server/storage/sqlite/gathered.h
/// Rows of the search index that wait for the end of their group: inserted then, in the order of their keys, they find
/// their pages at hand, and no savepoint keeps a copy of each page that they touch. Faults: none but std::bad_alloc,
/// and std::logic_error for what is no INSERT of one row.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace varde::storage::sqlite {

/// Whether rows of that table are gathered: the search index, which no rule reads.
bool is_gathered(std::string_view table);
/// `token` of `INSERT INTO token (…`.
std::string_view table_of_insert(std::string_view insert);

/// A row as one text; rows that share their first columns sort beside each other.
class GatheredRow {
 public:
  void clear() { bytes_.clear(); }
  void add(std::int64_t value);
  void add(std::string_view text);
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// The values of such a row, in their order; a number where `is_text` is false.
struct GatheredValue {
  bool is_text = false;
  std::int64_t number = 0;
  std::string_view text = {};
};
GatheredValue take_value(std::string_view& row);
/// The part of a row that it is looked up by: its first two values.
std::string_view key_of(std::string_view row);

/// The rows of one INSERT.
class Gathered {
 public:
  void add(const GatheredRow& row);
  bool empty() const { return rows_.empty(); }
  /// Where the part that begins now may be undone to.
  void mark();
  /// As they were at the mark, those that were taken since among them.
  void undo();
  /// All rows, sorted; none waits any longer.
  std::vector<std::string> take();
  /// Those with that key alone.
  std::vector<std::string> take(std::string_view key);
  void clear();

 private:
  static std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }

  std::vector<std::string> rows_,
      sent_;  ///< rows_: empty where one was taken; sent_: of earlier parts, taken within this one
  std::unordered_multimap<std::size_t, std::size_t> places_;  ///< in rows_, by key; some that hold another row by now
  std::size_t before_part_ = 0;
};

}  // namespace varde::storage::sqlite
