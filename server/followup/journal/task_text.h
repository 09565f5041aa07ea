#pragma once
/// @file server/followup/journal/task_text.h
/// What a journal entry says of a Task: its reason, the readings or messages that it is about as they are now, what was
/// done. Norwegian. Pure but for what it reads.
#include <string>
#include <vector>

#include "server/followup/section.h"
#include "server/interaction/act.h"

namespace varde::followup::journal {

/// `tasks`: of one situation, the one that is copied first.
std::vector<Section> task_sections(const interaction::View&, const std::vector<fhir::Tree>& tasks);

}  // namespace varde::followup::journal
