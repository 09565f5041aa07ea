#pragma once
/// @file server/followup/course/written.h
/// What holds of an EpisodeOfCare that somebody writes, by PUT, PATCH or an entry of a Bundle, as it does by $enrol,
/// $pause, $resume and $end: the course goes on in the steps that it has, what was stays in `statusHistory`, and a
/// patient has one follow-up of a kind at a time. What the clock and messages do by themselves is not held to it.
/// Source: README.md, "By hand"; https://hl7.org/fhir/R4/episodeofcare.html
/// Faults: business_rule, resource_conflict; in Norwegian first.
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup {

/// A status that changes leaves its entry in the history, unless the writer adds it: then the writer says when it
/// ended.
Result<void> check_course(interaction::Act&, fhir::Editor episode_of_care, const interaction::Pending&);

}  // namespace varde::followup
