#pragma once
/// @file server/followup/plan_end.h
/// What the end of a follow-up does to its plan: the self-treatment plan and the planned measurements end with it, so
/// that nobody is judged by the limits of an earlier enrolment; and they are back when the end is taken back.
#include <string>

#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// Active and paused plans and planned measurements become completed, and remember which episode ended them.
Result<void> end_plan(interaction::Act&, storage::PatientKey patient, const std::string& episode_id);
/// The inverse, for those that this episode ended; what has been decided since stands.
Result<void> reopen_plan(interaction::Act&, storage::PatientKey patient, const std::string& episode_id);

}  // namespace varde::followup
