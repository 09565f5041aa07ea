#pragma once
/// @file server/followup/answer.h
/// An answer that the plan has limits for is a reading: an Observation is derived from it in the transaction that stores
/// the QuestionnaireResponse, so that limits, rules, alerts, pauses and trends hold for answers as for measurements. The
/// measure is the question: system is the Questionnaire's canonical URL without its version, code the item's linkId.
/// Source: https://hl7.org/fhir/uv/sdc/extraction.html#observation-based-extraction
#include "server/interaction/store.h"

namespace varde::followup {

/// After a QuestionnaireResponse is written: its Observations say what it says; of one that is withdrawn they are
/// entered in error.
Result<void> follow_answers(interaction::Act&, const interaction::Stored&);

}  // namespace varde::followup
