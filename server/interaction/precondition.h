#pragma once
/// @file server/interaction/precondition.h
/// What must hold of the current version for a request to be done: If-Match, If-None-Match, If-Unmodified-Since. Of a
/// condition that a request cannot honour it says so: none is passed over.
/// Source: https://hl7.org/fhir/R4/http.html#concurrency, RFC 9110 13.1
/// Faults: version_malformed, not_supported; version_conflict (412).
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/interaction/request.h"
#include "server/storage/storage.h"

namespace varde::interaction {

/// `*`, or entity tags. They compare weakly: "3" and W/"3" are the same version.
struct EntityTags {
  bool any = false;
  std::vector<std::int64_t> versions = {};  ///< 0: a tag that is none of ours, which no version has

  bool said() const { return any || !versions.empty(); }
  bool hold(std::int64_t version) const;
};
Result<EntityTags> parse_entity_tags(std::string_view text, std::string_view header);

struct Preconditions {
  EntityTags match = {}, none_match = {};
  std::optional<storage::Instant> unmodified_since = {};
};

/// Of a create: there is no version yet that a precondition could be about.
Result<void> refuse_preconditions(const Request& request);
/// Of an update, patch or delete; of a read, If-None-Match aside, which makes its answer shorter instead.
Result<Preconditions> read_preconditions(const Request& request);

/// `current` as stored: nullopt, a version, or a deletion.
Result<void> require(const Preconditions& preconditions, const std::optional<storage::Version>& current,
                     fhir::TypeId type);

}  // namespace varde::interaction
