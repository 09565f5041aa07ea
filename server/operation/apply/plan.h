#pragma once
/// @file server/operation/apply/plan.h
/// The CarePlan that a PlanDefinition becomes for a subject: its goals, a RequestGroup of the actions that apply, and
/// what those actions ask for, all contained.
/// Source: https://hl7.org/fhir/R4/plandefinition-operation-apply.html, https://hl7.org/fhir/R4/plandefinition.html
/// Faults: as make_activity(); too_costly (more than 1000 actions, or definitions that name each other in a circle).
#include "server/operation/apply/setting.h"

namespace varde::operation::apply {

Result<fhir::Tree> make_plan(Element definition, Setting& setting);

}  // namespace varde::operation::apply
