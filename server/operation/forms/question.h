#pragma once
/// @file server/operation/forms/question.h
/// What both ways between forms and data share: SDC's extensions of a Questionnaire's item, and the form itself.
/// Source: https://hl7.org/fhir/uv/sdc/STU3/, https://hl7.org/fhir/R4/questionnaire.html
/// Faults: not_supported (an extension that asks for what is not done here, by its name), not_found.
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::operation::forms {

using fhir::Element;

inline constexpr std::string_view kSdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-";
inline constexpr std::string_view kUnit = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit";

/// sdc-questionnaire-[name] of an item or the Questionnaire; nowhere when it has none.
inline Element sdc_extension(Element of, std::string_view name) {
  return of.extension(std::string(kSdc) + std::string(name));
}

/// Refuses any of these extensions, wherever it stands.
Result<void> refuse_extensions(Element questionnaire, std::initializer_list<std::string_view> names);

/// The value of a decimal with the unit that the item says, as a Quantity; false where it says none.
bool add_quantity(fhir::Editor owner, std::string_view name, std::string_view value, Element item);

}  // namespace varde::operation::forms
