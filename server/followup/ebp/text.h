#pragma once
/// @file server/followup/ebp/text.h
/// An egenbehandlingsplan in Norwegian, as the patient, the GP and the journal read it: goals, each colour with its
/// limits and what to do then, contacts. The same text is the PDF, the letter and the journal entry.
/// Source: README.md, "The self-treatment plan"
#include <string>
#include <string_view>
#include <vector>

#include "server/followup/rule/zone.h"
#include "server/followup/section.h"
#include "server/interaction/act.h"

namespace varde::followup::ebp {

std::string_view title_of(fhir::Element care_plan);  ///< "Egenbehandlingsplan" where it has none
/// What to do in that colour: activities with the extension `plan-zone`.
std::vector<std::string> actions_in(fhir::Element care_plan, Zone zone);
/// «SpO2: under 85 %», of the measurements that are planned.
std::vector<std::string> limits_in(const interaction::View&, fhir::Element care_plan, Zone zone);
std::vector<std::string> goals_of(const interaction::View&, fhir::Element care_plan);
std::vector<Section> sections_of(const interaction::View&, fhir::Element care_plan);
/// All of it as lines, for a letter.
std::string letter_text(const interaction::View&, fhir::Element care_plan);

}  // namespace varde::followup::ebp
