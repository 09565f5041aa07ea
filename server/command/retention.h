#pragma once
/// @file server/command/retention.h
/// What the retention rules take out of a store, and the receipt.
#include <cstdint>
#include <functional>
#include <vector>

#include "server/command/config.h"
#include "server/interaction/repository.h"
#include "server/storage/storage.h"

namespace varde::command {

struct Retained {
  struct Line {
    RetentionRule rule;
    storage::Instant before{};       ///< what was last written before that is old enough
    std::int64_t removed = 0;        ///< or would be: resources; of Patient whole records
    std::int64_t followed_up = 0;    ///< kept: the patient's follow-up has not ended
    std::int64_t record_in_use = 0;  ///< kept: something else of the record is newer
  };
  storage::Instant at{};
  std::vector<Line> lines;
};
/// Each transaction tells the audit log what it took, of whom and by which rule. Interrupted, it goes on the next time.
/// As ourselves, who have no effects: what goes by age tells nobody and corrects nothing.
Retained apply_retention(const Config& config, const interaction::Repository& repository, storage::Instant now,
                         bool dry_run);

}  // namespace varde::command
