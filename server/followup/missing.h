#pragma once
/// @file server/followup/missing.h
/// "Green, not done": a planned measurement that was not made in its window. A row of the clock waits at the end of
/// each window of an active plan; there the readings of the window are counted, and one Task per measure tells what is
/// missing, until a reading from that window or later comes. Nothing is missing while the follow-up is paused, nor of a
/// window in which it was not yet, or not any more, under way.
#include "fhir-model/element/element.h"
#include "server/clock/clock.h"
#include "server/interaction/store.h"

namespace varde::followup {

/// After a ServiceRequest is written.
Result<void> follow_schedule(interaction::Act&, const interaction::Stored&);
/// After the patient's enrolment has begun, gone on, been paused or ended.
Result<void> reschedule(interaction::Act&, storage::PatientKey patient);
/// A reading that stands has come.
Result<void> settle_missing(interaction::Act&, storage::PatientKey patient, fhir::Element observation);
/// The patient is told, as a Communication, that a measurement is about to be missed: DueKind::reminder.
Result<void> remind(interaction::Act&, const storage::DueRow& row);
/// The end of a window, and its grace: DueKind::measurement.
Result<void> end_window(interaction::Act&, const storage::DueRow& row);

}  // namespace varde::followup
