#pragma once
/// @file server/followup/plan_row.h
/// What storage keeps beside a ServiceRequest, so that one probe tells by what a measure is judged: whose version it
/// is, when it counts, the limits and the rules. The one place that writes and reads that text.
/// Pure; safe from any thread.
#include <string>
#include <string_view>
#include <vector>

#include "server/followup/asked.h"
#include "server/followup/instant.h"
#include "server/followup/rule/limit.h"

namespace varde::followup {

struct PlanRow {
  std::string source;  ///< versioned ServiceRequest
  Bounds period;
  LimitSet limits;
  std::vector<Asked> rules;
};

std::string to_text(const PlanRow& row);
/// Throws Damaged when it is not what to_text writes: what cannot be read is never a plan without limits.
PlanRow plan_row_from_text(std::string_view text);

}  // namespace varde::followup
