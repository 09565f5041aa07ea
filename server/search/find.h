#pragma once
/// @file server/search/find.h
/// A query answered: one page of stored bytes, and where the next begins.
/// How: a plan is a list of walks over index ranges; the engine filters what it can, and each candidate on the way is
/// judged by its index entries. Where the order asked for is not that of a range, the matches are gathered, and a
/// page's worth of them kept in order. A count is one statement wherever the index tables can say what is asked.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/search/query.h"
#include "server/search/ranges.h"
#include "server/storage/storage.h"

namespace varde::search {

struct Hit {
  storage::ResourceKey key{};
  storage::PatientKey patient{};
  std::string id;
  std::int64_t version = 0;
  Instant updated{};
  std::string bytes;
  fhir::TypeId type = fhir::TypeId::none;
};

/// Where a page ended: enough to go on behind it, in the same plan, without looking at what came before.
struct Mark {
  bool gathered = false;
  std::size_t driver = 0;  ///< criterion that the plan walks by, and by which of its ways
  std::size_t step = 0;
  std::size_t part = 0;  ///< of a search of several types: where it goes on
  Position at;           ///< empty: at its beginning

  std::string encode() const;
  static std::optional<Mark> decode(std::string_view text);
};

/// Where from a mark.
enum class Direction : std::uint8_t { forward, backward };

struct Found {
  std::vector<Hit> hits;
  std::vector<Hit> included;
  std::optional<std::size_t> included_next;  ///< more are to be included than a page may carry: Query::included_from
  /// Behind which the next page begins, before which the previous one ends. What lies against the direction is always
  /// said: whether there is anything, whoever goes on from a mark knows.
  std::optional<Mark> next, previous;
  std::optional<std::size_t> total;
};

/// `mark` nullptr: the first page (backward: the last one). Spends from the snapshot's budget, as everything here does.
/// Faults: too_costly.
Result<Found> find(const Query& query, const storage::Snapshot& snapshot, const Mark* mark,
                   Direction direction = Direction::forward);
/// Of several types, one after the other, or in the order asked for.
Result<Found> find_several(const std::vector<Query>& queries, const storage::Snapshot& snapshot, const Mark* mark,
                           Direction direction = Direction::forward);
/// How many match.
std::size_t count_all(const Query& query, const storage::Snapshot& snapshot);
/// Ids of at most `most` resources that match, in no order.
Result<std::vector<std::string>> find_ids(const Query& query, const storage::Snapshot& snapshot, std::size_t most);
/// A resource as those who refer to it may name it.
struct Target {
  std::string id;
  std::vector<ReferenceValue> canonicals;
};
Result<std::vector<Target>> find_targets(const Query& query, const storage::Snapshot& snapshot, std::size_t most);
/// Ids of the resources of `type` that those which match refer to by rows of `keys`, by reference or by canonical, each
/// once; nullopt where more than `most` match.
Result<std::optional<std::set<std::string>>> find_referred(const Query& query, const storage::Snapshot& snapshot,
                                                           const std::vector<storage::ParameterKey>& keys,
                                                           fhir::TypeId type, std::size_t most);
/// How it is answered, in words for whoever operates the server: what is walked, how many rows that has, what is asked
/// of each on the way, and the statements. Holds no value of the query.
std::string explained(const Query& query, const storage::Snapshot& snapshot);
/// The SQL texts of the plan for the first page, for tests that ask the engine how it runs them.
std::vector<std::string> explain(const Query& query, const storage::Snapshot& snapshot);

}  // namespace varde::search
