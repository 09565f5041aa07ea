#pragma once
/// @file server/followup/work/step.h
/// What people do with a Task: take, delegate, comment, snooze, close. Each step is a version of the Task, with a
/// Provenance that says who did it and when (Task.relevantHistory). Tasks of one situation (groupIdentifier) are taken,
/// delegated, snoozed and closed together, as the worklist shows them as one.
/// Source: README.md, "Work"; https://hl7.org/fhir/R4/task.html#statemachine
/// Faults: resource_conflict (another has it), business_rule (it is closed), reference_unresolved, required_missing,
/// code_invalid, parameter_malformed. Where a nurse may read them in Norwegian first.
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"

namespace varde::followup {

/// Who can do a step, and whom a Task can be given to.
Result<void> check_person(const interaction::View&, fhir::Element reference, std::string_view name);
Result<void> check_recipient(const interaction::View&, fhir::Element reference, std::string_view name);

/// A step that somebody makes with the Task of that id.
struct Step {
  interaction::Act& act;
  std::string task_id;
  fhir::Element by;  ///< a Reference to a person
};

Result<void> take(const Step&);
Result<void> delegate(const Step&, fhir::Element to, std::string_view comment);
Result<void> comment(const Step&, std::string_view text);
/// Not shown as open work until then; told again at that time, also over a restart.
Result<void> snooze(const Step&, storage::Instant until, std::string_view comment);

bool is_outcome(std::string_view code);  ///< of CodeSystem task-outcome
std::string outcome_codes();             ///< "contacted, not-reached, …"
struct Closing {
  std::string outcome;  ///< of CodeSystem task-outcome
  std::string note;     ///< needed with the outcome "other"
  std::string state;    ///< the patient's from now on: green, yellow or red; empty: as it is
};
Result<void> close(const Step&, const Closing&);

/// The Task was copied to that journal entry.
Result<void> note_journal(const Step&, const std::string& composition_id);

/// The nurse's own judgement of how the patient is: extension `patient-state` of the EpisodeOfCare, versioned with it.
/// Faults: code_invalid, business_rule (not enrolled).
Result<void> set_patient_state(interaction::Act&, const std::string& patient_id, std::string_view state,
                               fhir::Element by, std::string_view reason);

}  // namespace varde::followup
