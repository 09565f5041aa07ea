#pragma once
/// @file server/storage/search/count.h
/// How many: of a condition's resources, of the rows of ranges. One statement each.
/// Faults: none; an engine failure, and a statement that exceeds the budget, throws EngineError.
#include <cstddef>
#include <vector>

#include "server/storage/search/condition.h"

namespace varde::storage {

/// Resources that all of it is true of; the first part's are looked through, and the others asked of each. `few`: of
/// the first there are.
enum class Looked : std::uint8_t { few, many };
std::size_t count(const Snapshot& snapshot, const Condition& first, const std::vector<Condition>& others,
                  Looked looked = Looked::many);

/// At most `most` of those that it is true of, some perhaps twice.
std::size_t count_up_to(const Snapshot& snapshot, const Condition& condition, std::size_t most);

struct Group {
  std::vector<Range> ranges;
  std::size_t most;  ///< no further is counted
};
/// Rows of each group.
std::vector<std::size_t> count_rows(const Snapshot& snapshot, const std::vector<Group>& groups);

}  // namespace varde::storage
