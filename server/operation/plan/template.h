#pragma once
/// @file server/operation/plan/template.h
/// A self-treatment plan by a template (PlanDefinition ebp-…): a draft with its goals, own measures per colour and
/// contacts, and the measurements that it plans beside those that the patient has already.
/// Source: server/followup/README.md, "The self-treatment plan"; conformance/followup/plans.txt
/// Faults: not_found, code_invalid (template), and what a write refuses.
#include <string>
#include <vector>

#include "server/interaction/act.h"

namespace varde::operation {

/// The CarePlan's id. `code`: "copd"; `replaces`: references to plans.
Result<std::string> start_plan(interaction::Act&, const std::string& patient_id, const std::string& code,
                               const std::vector<std::string>& replaces);

}  // namespace varde::operation
