#pragma once
/// @file server/followup/course/flag.h
/// "Har DHO": the standing Flag of a patient who is followed up at home, for whoever meets the patient elsewhere.
/// Source: README.md, "By hand"; https://hl7.org/fhir/R4/flag.html
#include "server/interaction/act.h"

namespace varde::followup {

/// Active while that enrolment is under way, inactive from its end on; written where it says something else.
Result<void> raise_flag(interaction::Act&, const std::string& patient_id, const std::string& episode_id);
Result<void> lower_flag(interaction::Act&, const std::string& episode_id);

}  // namespace varde::followup
