#pragma once
/// @file server/followup/course/calendar.h
/// What an enrolment has coming: a pause that was planned and its end, limits that nobody has set, the fixed contact,
/// the evaluation. Rows of the clock, in step with the EpisodeOfCare.
/// Source: README.md, "By hand"
#include "server/clock/clock.h"
#include "server/followup/service.h"
#include "server/interaction/store.h"

namespace varde::followup {

/// After an EpisodeOfCare is stored.
Result<void> follow_calendar(interaction::Act&, const interaction::Stored&, const OpeningHours& hours);
/// A `planned-pause` that can be understood. Faults: value_malformed.
Result<void> check_planned_pause(fhir::Element episode_of_care, const time::Zone& zone);
void keep_calendar(clock::Clock& clock, const OpeningHours& hours);

}  // namespace varde::followup
