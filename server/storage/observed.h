#pragma once
/// @file server/storage/observed.h
/// Every Observation of a patient by its own code and time, whatever kind of value it holds: what `$lastn` reads.
/// Clustered by (patient, code, time), so that the newest are one short range.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::observed {

void put(Transaction&, PatientKey patient, std::string_view code, Instant time, ResourceKey observation);
void remove(Transaction&, PatientKey patient, std::string_view code, Instant time, ResourceKey observation);

/// Of an Observation that does not say when, or says a time that cannot be: older than every other, so never the last.
inline constexpr Instant kNoTime = Instant::min();

struct Row {
  Instant time;
  ResourceKey observation;
};
/// Before every row, in the order that rows are read in.
inline constexpr Row kNewest{Instant::max(), ResourceKey{INT64_MAX}};
/// Newest first, at most `count`, those that follow `after`.
std::vector<Row> older(const Snapshot&, PatientKey patient, std::string_view code, const Row& after, std::size_t count);
/// Those of exactly that time and stored before `below`, the last stored first; at most `count`.
std::vector<ResourceKey> at(const Snapshot&, PatientKey patient, std::string_view code, Instant time, ResourceKey below,
                            std::size_t count);
std::vector<std::string> codes(const Snapshot&, PatientKey patient);  ///< that have at least one Observation

}  // namespace varde::storage::observed
