#pragma once
/// @file server/followup/task.h
/// Work items as Task resources: how one is built, and who has taken it.
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/followup/followup.h"
#include "server/followup/instant.h"
#include "server/interaction/act.h"
#include "server/storage/followup.h"

namespace varde::followup {

fhir::Tree task_of(const WorkItem& item, Instant now);
/// One Task.input: `name` is a code of CodeSystem task-input.
fhir::Editor add_input(fhir::Editor task, std::string_view name);

std::optional<fhir::Tree> read_task(const interaction::View&, std::string_view id);  ///< the current version, if any
bool is_open(fhir::Element task);                                                    ///< somebody still has to do it
bool is_taken(fhir::Element task);      ///< somebody works on it, or has done it
bool is_untouched(fhir::Element task);  ///< open, and nobody has taken it

/// One open work item per patient and subject: nothing when that one is still open. `patient` may be none.
Result<void> raise_once(interaction::Act&, storage::PatientKey patient, std::string_view subject, const WorkItem& item);
/// The reason for that work item is gone; see conclude.
Result<void> settle(interaction::Act&, storage::PatientKey patient, std::string_view subject, std::string_view status,
                    std::string_view what_happened);

/// What happened to the reason for a Task. Untouched: the Task gets `status`; owned: only a note, for its owner
/// decides.
Result<void> conclude(interaction::Act&, std::string_view task_id, std::string_view status,
                      std::string_view what_happened);

}  // namespace varde::followup
