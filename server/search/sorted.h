#pragma once
/// @file server/search/sorted.h
/// Matches put in the order asked for, where no range comes in it: what they sort by, and the first of them all.
#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

#include "server/search/find.h"
#include "server/storage/search/rows.h"

namespace varde::search {

/// What a resource sorts by, one cell per key; nothing sorts last in either direction.
struct Sorted {
  storage::ResourceKey key;
  std::vector<std::optional<Cell>> by;
  fhir::TypeId type = fhir::TypeId::none;
};
Sorted sorted_by(const Query& query, const Candidate& candidate);

struct Before {
  const std::vector<SortKey>& sort;
  bool keys_descend = false;  ///< of what sorts alike
  Direction direction = Direction::forward;
  bool operator()(const Sorted& a, const Sorted& b) const;

 private:
  bool is_before(const Sorted& a, const Sorted& b) const;
};

Position mark_of(const Sorted& sorted);
Sorted from_mark(const Position& at);

/// The first of all that were gathered, kept while the others pass by: memory is a page's, however many match.
class FirstOfAll {
 public:
  FirstOfAll(Before before, std::size_t most) : before_(before), most_(most) {}
  void add(Sorted one);
  std::vector<Sorted> in_order() &&;

 private:
  Before before_;
  std::size_t most_;
  std::vector<Sorted> heap_;  ///< the last in order on top
};

/// The versions of a page's resources: as they are, or as they were at the query's moment.
class VersionsOfPage {
 public:
  VersionsOfPage(const Query& query, const storage::Snapshot& snapshot, const std::vector<Sorted>& page);
  /// nullopt: no further ones come with this page.
  std::optional<storage::Version> take(const Sorted& one);

 private:
  const Query& query_;
  const storage::Snapshot& snapshot_;
  std::unordered_map<storage::ResourceKey, storage::Version> current_;
};

/// A page that was filled in that direction is put in order, with where its neighbours begin. `first`, `last`: as it
/// was gone through.
void put_in_order(Found& found, Direction direction, std::optional<Mark> first, std::optional<Mark> last, bool is_more);

Hit hit_of(fhir::TypeId type, storage::Version version);
Hit hit_of(fhir::TypeId type, const storage::Snapshot& snapshot, const storage::RangeRows& row);

}  // namespace varde::search
