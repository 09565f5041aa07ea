#pragma once
/// @file server/storage/search/labels.h
/// Which values of a parameter there are, whoever has them: gone from one to the next, not through all rows.
/// Faults: none; an engine failure throws EngineError. Spends from the snapshot's budget.
#include <string>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {

struct Label {
  std::string system, code;
  auto operator<=>(const Label&) const = default;
};
/// Of a token parameter, with their systems, and of a uri parameter; sorted.
std::vector<Label> labels(const Snapshot& snapshot, ParameterKey parameter);
std::vector<std::string> uris(const Snapshot& snapshot, ParameterKey parameter);

}  // namespace varde::storage
