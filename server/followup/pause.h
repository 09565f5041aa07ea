#pragma once
/// @file server/followup/pause.h
/// What must not be lost in a pause. Readings are stored and judged while the follow-up rests; the worst since the
/// patient came home stands on the Task that asks to resume, as it happens, and becomes one alert when the follow-up
/// goes on. A patient who is enrolled while in hospital: a Task asks whether to pause.
#include "server/followup/alert.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// Brings the Task that asks to resume in step with what was measured since the discharge.
Result<void> name_worst(interaction::Act&, storage::PatientKey patient);
/// The follow-up goes on after a pause that began at `paused`.
Result<void> tell_worst(interaction::Act&, storage::PatientKey patient, storage::Instant paused, const OnRed&);
/// The pause was told of late: what was raised of readings since it began, and nobody has taken, is withdrawn.
Result<void> withdraw_since(interaction::Act&, storage::PatientKey patient, storage::Instant paused);
/// The patient was enrolled: is in hospital?
Result<void> ask_about_pause(interaction::Act&, storage::PatientKey patient);

/// Tasks that ask to resume or to pause, and stays in hospital, as they are written.
Result<void> follow_task(interaction::Act&, const interaction::Stored&);
Result<void> follow_encounter(interaction::Act&, const interaction::Stored&);

}  // namespace varde::followup
