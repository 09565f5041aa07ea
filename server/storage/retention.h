#pragma once
/// @file server/storage/retention.h
/// What is old, by when it was last written, and taking it out of the store for good, older versions included.
/// Which types may go at what age is the caller's to say (server/command/retention_settings.h).
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::retention {

/// A resource, deleted ones among them, that was last written before some time.
struct Old {
  ResourceKey key{};
  PatientKey patient{};
  std::string id;
  std::int64_t version = 0;
  bool is_deleted = false;
};
/// In order of their keys, those above `after`.
std::vector<Old> last_written_before(const Snapshot&, fhir::TypeId type, Instant before, ResourceKey after,
                                     std::size_t count);
/// When anything of each patient was last written. One pass over the store.
std::map<PatientKey, Instant> last_entries(const Snapshot&);
/// The patient has a follow-up that has not ended.
bool is_followed_up(const Snapshot&, PatientKey patient);
/// Takes out all versions of it, and what is derived from it. It is deleted already: its index rows are gone.
void purge(Transaction&, fhir::TypeId type, const Old& old);

}  // namespace varde::storage::retention
