#pragma once
/// @file server/followup/course/summary.h
/// How a patient's follow-up stands, for an emergency room or a GP who has a minute: one document with where the course
/// is, the plan in force, the last value of each measure, and what is open. Everything it names stands in it.
/// Source: README.md, "By hand"; https://hl7.org/fhir/R4/documents.html
#include <string>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"

namespace varde::followup {

/// A Bundle of type document. `base`: our public FHIR base, of the fullUrls. The patient is one of ours.
fhir::Tree summary_of(const interaction::View&, const std::string& patient_id, const std::string& base);

}  // namespace varde::followup
