#pragma once
/// @file server/followup/report/benefit_form.h
/// What the patient says of the benefit: a Questionnaire of ours (safety, knowledge, own health, mastery, next of kin,
/// each 1 to 5), asked for at the beginning and at each evaluation where the enrolment has it so (extension
/// `ask-benefit`). Asking is a Task `benefit-form`, which the answer completes. Source: README.md, "Benefits".
#include <array>
#include <optional>
#include <string_view>

#include "server/followup/instant.h"
#include "server/interaction/store.h"

namespace varde::followup {

inline constexpr std::string_view kBenefitForm = "https://varde.example/fhir/Questionnaire/benefit";
inline constexpr std::string_view kAskBenefit = "https://varde.example/fhir/StructureDefinition/ask-benefit";

struct BenefitQuestion {
  std::string_view code, norwegian;  ///< linkId; as a heading
};
// clang-format off
inline constexpr std::array kBenefitQuestions{
    BenefitQuestion{"safety",      "Trygghet"},
    BenefitQuestion{"knowledge",   "Kunnskap"},
    BenefitQuestion{"own-health",  "Egen helse"},
    BenefitQuestion{"mastery",     "Mestring"},
    BenefitQuestion{"next-of-kin", "Pårørende"},
};
// clang-format on
using BenefitAnswers = std::array<std::optional<int>, kBenefitQuestions.size()>;

bool is_benefit_form(fhir::Element questionnaire_response);  ///< answered, and that form
/// What is no whole number from 1 to 5 is not there.
BenefitAnswers answers_in(fhir::Element questionnaire_response);

/// The follow-up begins, or is evaluated: the patient is to be asked, unless there is an answer of the last months.
Result<void> ask_benefit(interaction::Act&, storage::PatientKey patient, fhir::Element episode_of_care);
/// After a QuestionnaireResponse is written.
Result<void> follow_benefit_form(interaction::Act&, const interaction::Stored&);

}  // namespace varde::followup
