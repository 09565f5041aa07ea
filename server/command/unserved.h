#pragma once
/// @file server/command/unserved.h
/// What is done to the store that the settings name while no server runs on it. Throws storage::EngineError where it
/// cannot be opened, std::runtime_error where there is none: a path that was mistyped must make no store.
#include <string>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/audit/verify.h"
#include "server/command/config.h"
#include "server/command/message_files.h"
#include "server/command/retention.h"
#include "server/storage/erasure.h"

namespace varde::command {

audit::Verified verify_audit(const Config& config);

/// What was, or would be, taken out of one patient's data, and when.
struct ErasedPatient {
  storage::erasure::Belongings what;
  storage::Instant at{};
  MessageFiles files;  ///< of the message folder
};
/// It is told in the audit log, in the same transaction. Faults: not_found.
Result<ErasedPatient> erase_patient(const Config& config, const std::string& id, const std::string& reason,
                                    bool dry_run);

/// Spreads the tables of a PostgreSQL store by Citus; what was not spread before.
std::vector<std::string> spread_store(const Config& config);
Retained apply_retention(const Config& config, bool dry_run);

}  // namespace varde::command
