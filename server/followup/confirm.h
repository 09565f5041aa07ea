#pragma once
/// @file server/followup/confirm.h
/// The alert of a reading that waits for a second one: where the plan asks for it (rule kind `confirmation`), the first
/// of two readings within so many minutes raises nothing of its own. A row of the clock tells it after all, when no
/// second one comes.
#include <optional>

#include "server/followup/alert.h"
#include "server/storage/due.h"

namespace varde::followup {

/// True: the alert of this reading waits, and the row of the clock is written.
bool waits_for_second(interaction::Act&, const interaction::Stored&, const Judgement&);
/// The follow-up goes on: what waited when the pause began, and whose time went by in it, is told now.
Result<void> tell_waiting(interaction::Act&, storage::PatientKey patient, const OnRed&);
/// DueKind::confirmation.
Result<void> tell_unconfirmed(interaction::Act&, const storage::DueRow& row, const OnRed&);

}  // namespace varde::followup
