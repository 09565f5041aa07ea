#pragma once
/// @file server/storage/search/text.h
/// A search statement while it is written: its text, and what is bound to it. For server/storage/search only.
/// Both engines take the words: a question about one row stays one, neither of them makes a join of it in an order of
/// its own. What is bound lives in the Text, which outlives the rows.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/search/condition.h"
#include "server/storage/sql.h"

namespace varde::storage {

/// How the columns of the resource that is asked about are called.
struct Asked {
  std::string_view key, patient;
};

class Text {
 public:
  enum class Rows : std::uint8_t { few, many };  ///< that questions are asked of
  explicit Text(const sql::Manner& manner, Rows rows = Rows::few)
      : manner_(manner), gathers_(rows == Rows::many || manner.is_spread) {}
  Text& operator+=(std::string_view words) { return sql_ += words, *this; }
  void value(const Cell& value);
  /// As value(), of one that is said in several places: how it is called.
  std::string parameter(const Cell& value);
  std::string alias() { return "a" + std::to_string(++aliases_); }

  /// ` table alias` and ` WHERE …` of a range's rows.
  void rows_of(const Range& range, std::string_view alias);
  void where(const Range& range, const std::vector<Also>& also, std::string_view alias);
  /// True of the resource; `asked` are columns of a table in sight.
  void fits(const Condition& condition, Asked asked);
  /// SELECT key, patient of all that it is true of; some may come twice.
  void set(const Condition& condition);

  bool is_spread() const { return manner_.is_spread; }
  const std::string& sql() const { return sql_; }
  sql::Rows open(sql::Connection& connection) const;

 private:
  std::string_view there() const;
  std::string_view is_there() const;
  void union_of(std::span<const Condition> parts);
  void write_set(const Condition& condition);
  void fixed(const Cell& value);
  void bound(const Cell& value);
  void also(const Also& one, std::string_view alias);
  void begins(const std::string& beginning, const std::string& column);
  void keys(const std::vector<ParameterKey>& keys);
  void everything(const Condition& condition, std::string_view alias);
  void in_patients(const std::vector<PatientKey>& patients, std::string_view column);
  void in_relation(const Condition& condition, std::string_view column);
  std::string question_of_words(const Condition& condition) const;  ///< empty: there is no such question
  bool words(const Condition& condition, Asked asked);              ///< false: it asks for more than words
  void names(const Condition& condition, std::string_view key);
  void set_of_referred(const Condition& condition);
  void joined(const std::vector<Condition>& parts, std::string_view by, Asked asked);
  void in_set(const Condition& condition, std::string_view key);
  void has_row(const Condition& condition, Asked asked);
  void leads(const Condition& condition, Asked asked);
  void refers(const Condition& condition, Asked asked);
  void referred_within_patient(const Condition& condition, Asked asked);
  void referred(const Condition& condition, Asked asked);
  void set_of_all(const Condition& condition);

  const sql::Manner& manner_;
  std::string sql_;
  std::vector<Cell> values_;
  int aliases_ = 0;
  bool gathers_;
};

/// What a walk's table is, and how its columns are called.
struct Shape {
  Walk walk;
  std::string_view table, hint;
  std::vector<std::string_view> fixed, order;
  bool of_resources = false;  ///< walks the resource table itself

  std::string_view key() const { return of_resources ? "key" : "resource"; }
};
const Shape& shape_of(Walk walk);
/// How many of the order columns, from the first on, are texts.
std::size_t text_columns(Walk walk);

}  // namespace varde::storage
