#pragma once
/// @file server/storage/search/past.h
/// What was current at a moment and is not any more: a page that comes later shows it still. The moment is the newest
/// time of a snapshot; what is written later has a later one (clock.h).
/// Units:  UTC microseconds. Spends from the snapshot's budget.
/// Faults: none; an engine failure throws EngineError.
#include <optional>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {

/// When anything of that type was last written, deletions too; Instant::min() where nothing was.
Instant newest(const Snapshot& snapshot, fhir::TypeId type);
/// Of all types.
Instant newest(const Snapshot& snapshot);

bool is_any_replaced_since(const Snapshot& snapshot, fhir::TypeId type, Instant moment);
/// The versions that were current at the moment and were replaced or deleted since, without their bytes; at most
/// `most`.
std::vector<Version> replaced_since(const Snapshot& snapshot, fhir::TypeId type, Instant moment, std::size_t most);
/// The one that was current then; nullopt where there was none, or it was deleted.
std::optional<Version> version_at(const Snapshot& snapshot, ResourceKey key, Instant moment);

}  // namespace varde::storage
