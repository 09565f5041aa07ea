#pragma once
/// @file server/followup/situation.h
/// What one alert Task is about: the reading that raised it, and those of the patient's other measures that turned
/// worse at about the same time. Each is a finding with words, a DetectedIssue and inputs of its own; the worst is the
/// Task's focus and gives it its priority.
/// Of a Task with several, Task.input says each after the other: `measurement`, `finding`, `issue`, then what that
/// reading was judged by.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/followup/rule/zone.h"
#include "server/interaction/act.h"

namespace varde::followup {

struct TaskFinding {
  std::string observation;  ///< Observation.id
  std::string issue;        ///< "DetectedIssue/12"; empty: none is known
  std::string text;         ///< for the nurse
  Zone level = Zone::yellow;
  std::size_t occurrence = 0;                  ///< which one outside the green limits it is; see task-input
  fhir::Tree inputs = fhir::Tree::of("Task");  ///< with the inputs of this finding alone
};

/// So far apart may readings of different measures be made and still be one situation.
inline constexpr std::chrono::hours kTogether{4};

std::vector<TaskFinding> findings_of(const interaction::View&, fhir::Element task);
bool is_about(const interaction::View&, fhir::Element task, std::string_view observation_id);
enum class Lower { may, may_not };
/// Says in the Task what the findings are, the worst first. There is at least one. `Lower::may_not`: the Task was as
/// urgent before, and stays so.
void write_findings(fhir::Editor task, std::vector<TaskFinding> findings, Lower lower);

/// The reason for one of the findings is gone. The only one of a Task that nobody has taken: the Task is cancelled; one
/// of several: the others stay; owned: a note.
enum class Issue { stands, was_wrong };
Result<void> drop_finding(interaction::Act&, const std::string& task_id, const std::string& observation_id,
                          std::string_view why, Issue issue);
Result<void> take_back_issue(interaction::Act&, std::string_view reference);

}  // namespace varde::followup
