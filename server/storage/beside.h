#pragma once
/// @file server/storage/beside.h
/// Reading a store that another process may be serving: one moment of it, nothing held up.
#include <cstdint>
#include <functional>
#include <string_view>

#include "server/storage/storage.h"

namespace varde::storage {

/// `reader` gets a snapshot that costs what it likes. Throws EngineError when there is no store, or a newer one.
void read_beside(const Options& options, const std::function<void(const Snapshot&)>& reader);

/// Every resource that is not deleted, in the order in which they first came, its bytes as they are sent.
void each_live(const Snapshot& snapshot, const std::function<void(fhir::TypeId, std::string_view bytes)>& visit);
std::uint64_t count_live(const Snapshot& snapshot);

}  // namespace varde::storage
