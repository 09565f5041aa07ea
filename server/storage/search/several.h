#pragma once
/// @file server/storage/search/several.h
/// What a page needs of many resources, asked for by one statement for many of them; and keys that never change.
/// Faults: none; an engine failure throws EngineError.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {

/// The key of a text that repeats; 0 for none, nullopt where nothing stored has it.
std::optional<std::int64_t> find_symbol(const Snapshot& snapshot, std::string_view text);
/// Whether the index tables hold every text whole, however long it is.
bool keeps_whole_texts(const Snapshot& snapshot);

/// Whether a row costs no more than to look at it: the engine is in this process.
bool reads_rows_at_once(const Snapshot& snapshot);
/// Whether rows stand on several nodes, each patient's together: what does not name the patient is asked of all.
bool is_spread(const Snapshot& snapshot);

/// Their index entries; those that are not stored are left out.
std::unordered_map<ResourceKey, std::string> entries_of(const Snapshot& snapshot, const std::vector<ResourceKey>& keys);

/// Current versions that are not deleted, by key and by id. No further ones once `most_bytes` are reached.
std::unordered_map<ResourceKey, Version> versions_of(const Snapshot& snapshot, const std::vector<ResourceKey>& keys,
                                                     std::size_t most_bytes);
/// A resource, and whose it most likely is: it is found with another, too, but where rows are spread at a higher price.
struct Place {
  ResourceKey key{};
  PatientKey patient{};
};
std::unordered_map<ResourceKey, Version> versions_of(const Snapshot& snapshot, const std::vector<Place>& places,
                                                     std::size_t most_bytes);
std::map<std::string, Version, std::less<>> versions_of(const Snapshot& snapshot, fhir::TypeId type,
                                                        const std::vector<std::string>& ids, std::size_t most_bytes);

struct Referring {
  std::string target;  ///< its id
  ResourceKey source{};
};
/// Who refers to resources of that type by rows of those keys; at most `most`. `until`: only those that were not
/// written after it.
std::vector<Referring> referring_to(const Snapshot& snapshot, const std::vector<ParameterKey>& keys,
                                    fhir::TypeId target, const std::vector<std::string>& ids, std::size_t most,
                                    std::optional<Instant> until = {});

}  // namespace varde::storage
