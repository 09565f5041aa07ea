#pragma once
/// @file server/operation/apply/activity.h
/// The resource that an ActivityDefinition becomes for a subject.
/// Source: https://hl7.org/fhir/R4/activitydefinition-operation-apply.html,
///         https://hl7.org/fhir/R4/activitydefinition.html#12.17.3.4 (applying it)
/// Faults: business_rule (the definition cannot be applied so; its place is named), not_supported, and Setting's.
#include "server/operation/apply/setting.h"

namespace varde::operation::apply {

/// `action`: of the PlanDefinition that asks for it: its priority, timing and reasons go before; may be nowhere.
Result<fhir::Tree> make_activity(Element definition, Setting& setting, Element action = {});

/// Evaluates a dynamicValue and puts what it gives; an empty result leaves what stands there.
Result<void> put_dynamic(fhir::Editor into, std::string_view path, Element dynamic_value, Element definition,
                         Setting& setting);

/// Refuses what is retired or meant for another kind of subject.
Result<void> check_use(Element definition, const Setting& setting);
/// "url|version", or the literal reference where it has no url.
std::string canonical_of(Element definition);
/// Refuses a made resource that is not valid R4, and says so of the definition.
Result<void> check_made(Element made, Setting& setting);

}  // namespace varde::operation::apply
