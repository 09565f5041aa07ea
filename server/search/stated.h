#pragma once
/// @file server/search/stated.h
/// A criterion in storage's words, where the index tables can say it exactly. What they cannot (a composite: they know
/// no element; a quantity's unit; a canonical's version, whose case does not matter) is judged by a resource's index
/// entries alone.
#include <optional>
#include <vector>

#include "server/search/criterion.h"
#include "server/storage/search/condition.h"

namespace varde::search {

/// Texts longer than this may be cut in the index.
inline constexpr std::size_t kSurelyWhole = 1900;

struct Saying {
  fhir::TypeId type;  ///< of the resources it is asked of
  bool whole_texts = true;
};
Saying saying_of(fhir::TypeId type, const storage::Snapshot& snapshot);

/// nullopt: it is judged by entries.
std::optional<storage::Condition> condition_of(const Criterion& criterion, const Saying& saying);

}  // namespace varde::search
