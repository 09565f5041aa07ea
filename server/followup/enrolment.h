#pragma once
/// @file server/followup/enrolment.h
/// Whether a patient is followed up right now. The EpisodeOfCare is the truth; a row beside it, written in the same
/// transaction, answers in one probe.
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/interaction/store.h"
#include "server/storage/followup.h"
#include "server/storage/storage.h"

namespace varde::followup {

struct Enrolment {
  storage::EnrolmentState state;
  storage::Instant since;  ///< of that state; ahead of now while the follow-up has not begun
  bool tells_green = false;
  bool is_active(storage::Instant now) const { return state == storage::EnrolmentState::active && since <= now; }
  bool is_open() const { return state != storage::EnrolmentState::ended; }
};
/// Of all the patient's enrolments together: active before paused before ended; nullopt when never enrolled.
std::optional<Enrolment> enrolment_of(const interaction::View&, storage::PatientKey patient);

/// An EpisodeOfCare counts as an enrolment unless its type names another of the hub's services (alarm, GPS, dispenser
/// ...).
bool is_enrolment(fhir::Element episode_of_care);
/// Why the follow-up stands as it does, in a few words; empty: nothing is said.
void set_reason(fhir::Editor episode_of_care, const std::string& reason);
/// Of an extension `planned-pause`: it says when it begins, and that is ahead of now. One that says no beginning is the
/// pause that runs, and when it ends; both may stand beside each other.
bool is_to_come(fhir::Element planned_pause, storage::Instant now, const time::Zone&);
/// Keeps the row in step with a stored EpisodeOfCare.
void follow_episode(interaction::Act&, const interaction::Stored&);
/// The day that the patient's open enrolment began, by its own period; nullopt when it does not say. What was measured
/// before is history: coloured, and nobody's work.
std::optional<storage::Instant> begun_on(const interaction::View&, storage::PatientKey patient);

}  // namespace varde::followup
