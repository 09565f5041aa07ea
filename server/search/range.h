#pragma once
/// @file server/search/range.h
/// A range of an index table in its natural order, as SQL. Every search is answered by walking such ranges and judging
/// each candidate by its index entries, so a query's plan is one B-tree walk and never a sort of a large set.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/search/criterion.h"
#include "server/storage/sql.h"

namespace varde::search {

using Cell = std::variant<std::int64_t, std::string>;
/// Where a walk stands: the order columns of the last row seen.
using Position = std::vector<Cell>;

/// What is fixed, and what the rows come ordered by.
enum class Walk : std::uint8_t {
  code,             ///< token of one code: patient, resource
  code_of_patient,  ///< and of one patient: resource
  codes,            ///< token: code, patient, resource
  target,           ///< reference to one resource: patient, resource
  target_of_patient,
  date,             ///< begin, end, patient, resource
  date_of_patient,  ///< begin, end, resource
  strings,          ///< folded, patient, resource
  uris,             ///< uri, patient, resource
  numbers,          ///< number of one unit: low, high, patient, resource
  updated,          ///< resources of a type: updated, key
  ids,              ///< resources of a type: id
};

/// What a walk reads of each resource besides its index entries.
enum class Fetch : std::uint8_t { entries, bytes };

struct Range {
  Walk walk = Walk::ids;
  std::vector<Cell> fixed;          ///< values of the leading columns
  std::optional<Cell> from, until;  ///< of the first order column: [from, until)
  bool descending = false;

  /// `after`: continue behind that position. `slot` makes the text differ where two walks run at the same time. `most`
  /// rows, 0: all.
  std::string sql(const storage::sql::Manner& manner, Fetch fetch, bool after, std::size_t slot,
                  std::size_t most) const;
  storage::sql::Rows open(storage::sql::Connection& connection, const std::string& text, const Position* after) const;
  std::size_t order_columns() const;
  /// Counts up to `most` rows.
  std::size_t count(storage::sql::Connection& connection, std::size_t most) const;

  bool holds(const storage::IndexEntry& entry) const;
  /// Whether the walk meets the candidate at all.
  bool holds(const Candidate& candidate) const;
  /// Whether another entry of the candidate stands before `at` in this range's order, so that it was met there.
  bool met_before(const Candidate& candidate, const Position& at) const;
};

/// Limits on the begin of a span that fits; `is_short`: the span is at most a day long.
struct BeginBounds {
  std::optional<Cell> from, until;
};
BeginBounds begin_bounds(const DateValue& value, bool is_short);

/// Greater than every text that starts with `prefix`: no text holds U+10FFFF, a noncharacter.
std::string behind(std::string_view prefix);
/// The next text after this very one.
std::string next_to(std::string_view text);

Range text_range(Walk walk, ParameterKey key, std::string from, std::string until);
/// References to one resource; of one patient's resources, when there is one.
Range target_range(ParameterKey key, storage::TypeKey target, const std::string& id, storage::PatientKey patient);
/// References by that URL, with and without a version behind a bar.
void add_url_ranges(ParameterKey key, const ReferenceValue& value, std::vector<Range>& out);

/// Columns that every walk selects before its order columns.
enum Column : int { kKey, kPatient, kUpdated, kId, kVersion, kEntries, kBytes, kOrder };

Position position_of(const storage::sql::Rows& row, const Range& range);

/// The rows of a range from a position on, as many at a time as the engine likes. The range and the connection outlive
/// it.
class RangeRows {
 public:
  RangeRows(storage::sql::Connection& connection, const Range& range, Fetch fetch = Fetch::entries,
            std::size_t slot = 0, const Position* after = nullptr);
  bool next();
  const storage::sql::Rows& row() const { return *rows_; }

 private:
  void open(const Position* after, std::size_t most);
  storage::sql::Connection* connection_;
  const Range* range_;
  Fetch fetch_;
  std::size_t slot_, most_ = 0, seen_ = 0;
  Position after_;  ///< lives as long as the rows that were asked for behind it
  std::optional<storage::sql::Rows> rows_;
};

inline Cell cell(ParameterKey key) { return std::int64_t{static_cast<std::int32_t>(key)}; }
inline Cell cell(storage::TypeKey key) { return static_cast<std::int64_t>(key); }
inline Cell cell(storage::PatientKey key) { return static_cast<std::int64_t>(key); }
inline Cell cell(Instant at) { return std::int64_t{at.time_since_epoch().count()}; }

}  // namespace varde::search
