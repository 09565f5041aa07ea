#pragma once
/// @file server/followup/work/work.h
/// A Task of ours as work: its colour and due time when it is written, its row in the worklist, and who is told when
/// nobody takes it.
#include "server/clock/clock.h"
#include "server/followup/service.h"
#include "server/interaction/store.h"
#include "server/storage/due.h"

namespace varde::followup {

/// Before a Task is stored: tags its colour, sets `restriction.period.end` where nobody has.
void prepare_work(const interaction::View&, fhir::Editor task, const interaction::Pending&, const Service& service);
/// After it: keeps the row and the deadline for taking it. `patient`: who is followed up.
void follow_work(interaction::Act&, const interaction::Stored&, const Service& service);
/// The patient is somebody else's district now.
void follow_district(interaction::Act&, storage::PatientKey patient);

/// DueKind::escalation: told on, unless somebody has taken it.
Result<void> escalate(interaction::Act&, const storage::DueRow& row);
/// DueKind::snooze: the time that it was put off for is over.
Result<void> wake(interaction::Act&, const storage::DueRow& row);
/// DueKind::worklist: rows of Tasks that were written before there were any.
Result<void> fill_worklist(interaction::Act&, const storage::DueRow& row, const Service& service);

}  // namespace varde::followup
