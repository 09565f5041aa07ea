#pragma once
/// @file server/storage/observed.h
/// Every Observation of a patient by its own code and time, whatever kind of value it holds: what `$lastn` reads.
/// Clustered by (patient, code, time), so that the newest are one short range.
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage::observed {

void put(Transaction&, PatientKey patient, std::string_view code, Instant time, ResourceKey observation);
void remove(Transaction&, PatientKey patient, std::string_view code, Instant time, ResourceKey observation);

struct Row {
  Instant time;
  ResourceKey observation;
};
/// Newest first, at most `count`, and then those that share the last one's time: a tie is never cut.
std::vector<Row> newest(const Snapshot&, PatientKey patient, std::string_view code, std::size_t count);
std::vector<std::string> codes(const Snapshot&, PatientKey patient);  ///< that have at least one Observation

}  // namespace varde::storage::observed
