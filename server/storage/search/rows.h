#pragma once
/// @file server/storage/search/rows.h
/// The resources that a range holds, in its order from a position on: one statement for as many as are asked for at
/// first, further ones only for whoever goes on.
/// Faults: none; an engine failure, and a statement that exceeds the budget, throws EngineError.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/search/condition.h"
#include "server/storage/search/text.h"
#include "server/storage/whose.h"

namespace varde::storage {

/// What a walk reads of each resource besides its index entries.
enum class Fetch : std::uint8_t { entries, bytes };

/// One range walked: what of it, and from where.
struct Walked {
  const Range& range;
  const Condition* filter = nullptr;  ///< only resources that it is true of; outlives the rows
  Fetch fetch = Fetch::entries;
  std::size_t slot = 0;   ///< tells apart walks that run side by side
  std::size_t first = 0;  ///< how many will be enough, if that is known
};

class RangeRows {
 public:
  RangeRows(const Snapshot& snapshot, const Walked& walked, const Position* after = nullptr);
  RangeRows(RangeRows&&) = default;
  bool next();

  ResourceKey key() const { return rows_->key<ResourceKey>(kKey); }
  PatientKey patient() const { return whose_of_row(rows_->integer(kPatient)); }
  Instant updated() const { return rows_->instant(kUpdated); }
  std::string_view id() const { return rows_->text(kId); }
  std::int64_t version() const { return rows_->integer(kVersion); }
  /// Valid until the next row. Many do not come with a walk, which may meet a resource by each of them: they are read
  /// here.
  std::string_view entries();
  /// nullopt: too many to come with a walk.
  std::optional<std::string> bytes() const;
  Position position() const;

 private:
  enum Column : int { kKey, kPatient, kUpdated, kId, kVersion, kEntries, kBytes, kOrder };
  void open(const Position* after, std::size_t most);

  const Snapshot* snapshot_;
  sql::Connection* connection_;
  Walked walked_;
  std::size_t most_ = 0, seen_ = 0;
  std::optional<Text> text_;  ///< holds what is bound
  std::optional<sql::Rows> rows_;
  std::string many_entries_;  ///< of this row
};

/// A position with a cell for each order column of the range.
Position first_position(const Range& range);

/// Where a walk of the range meets a resource with the candidate's entries, in no order; of a range that a condition
/// chooses, its place there if it is one of the chosen.
std::vector<Position> positions_of(const Snapshot& snapshot, const Range& range, const Candidate& candidate);

/// The statement of a walk's first rows, for tests that ask the engine how it runs it.
std::string explain(const Snapshot& snapshot, const Walked& walked, const Position* after);

}  // namespace varde::storage
