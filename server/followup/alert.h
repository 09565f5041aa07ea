#pragma once
/// @file server/followup/alert.h
/// From a judged Observation to work for a nurse: Task (what to do) and DetectedIssue (what was found, as the hub takes
/// it). Every alerting reading has its own Task, so that nothing is hidden in another; readings of the same measure
/// share Task.groupIdentifier while the first is still untouched, so that a worklist shows them as one and the GP gets
/// one message.
#include <functional>
#include <optional>
#include <string>

#include "server/followup/enrolment.h"
#include "server/followup/evaluation.h"
#include "server/followup/followup.h"
#include "server/followup/words.h"
#include "server/interaction/store.h"

namespace varde::followup {

using OnRed = std::function<Result<void>(interaction::Act&, const RedAlert&)>;

/// Brings the alert of this Observation in step with its judgement: raises, escalates, rewrites or withdraws.
Result<void> follow_observation(interaction::Act&, const interaction::Stored&, const Judgement&, const OnRed&);
/// An alert of a stored reading that had none when it came: `remark` says why it comes now.
Result<void> raise_alert(interaction::Act&, const interaction::Stored&, const Judgement&, const OnRed&,
                         std::string remark);

}  // namespace varde::followup
