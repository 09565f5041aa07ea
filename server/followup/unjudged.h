#pragma once
/// @file server/followup/unjudged.h
/// Work about what could not be judged: somebody must set limits, or look at the equipment. A reading without a colour
/// is never silent; one open Task per patient, kind of trouble and measure.
#include <string>

#include "server/followup/evaluation.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// Of an enrolled patient's Observation: asks for what its values were missing.
Result<void> follow_unjudged(interaction::Act&, const storage::Version& observation, const Judgement&,
                             const std::string& measure);
/// Readings that a client put inside another resource (contained, or in a document, message or other Bundle that is
/// kept as it is) are judged by nobody: a person is told, of each patient followed up whom it names.
Result<void> follow_contained(interaction::Act&, const interaction::Stored&);
/// What is the matter with one value, in Norwegian; empty: nothing.
std::string why_unjudged(const Judged& judged);
/// Limits were set: the work item that asked for them is done.
Result<void> limits_were_set(interaction::Act&, storage::PatientKey patient, const std::string& measure);

}  // namespace varde::followup
