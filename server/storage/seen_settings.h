#pragma once
/// @file server/storage/seen_settings.h
/// The settings that were in force at the last start, each by a digest of its value: so that a change can be told.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::seen_settings {

using Digests = std::vector<std::pair<std::string, std::int64_t>>;  ///< by name

/// Those that are not as they were, and from now on are; empty where none were ever seen.
std::vector<std::string> note(Transaction&, const Digests& now);

}  // namespace varde::storage::seen_settings
