#pragma once
/// @file server/followup/work/agreement.h
/// What is agreed for a patient's alerts, as extensions of the EpisodeOfCare: which district has the patient, by when
/// an alert must be seen to where that is not as usual, who is told on when nobody takes it.
/// Source: README.md, "Work". Faults: value_malformed, code_invalid, required_missing.
#include <chrono>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/followup/work/colour.h"
#include "server/interaction/act.h"

namespace varde::followup {

/// One who is told on.
struct ChainStep {
  fhir::Tree who;  ///< a Reference
  std::chrono::minutes after{};
  std::optional<Colour> colour = {};  ///< nullopt: of every colour that escalates
};
struct OwnResponse {
  Colour colour;
  std::chrono::minutes time;
};
struct Agreement {
  std::string episode_id;  ///< empty: not enrolled
  std::string district;    ///< managingOrganization of the enrolment, else of the Patient: "Organization/3"
  std::vector<OwnResponse> responses;
  std::vector<ChainStep> chain;  ///< the earliest first
};
/// Of the patient's open enrolment; the usual where there is none.
Agreement agreement_of(const interaction::View&, storage::PatientKey patient);
/// What an EpisodeOfCare says of it can be understood.
Result<void> check_agreement(fhir::Element episode_of_care);

/// Names somebody in an index: the literal reference, else "system|value" of the identifier; cut where it is very long.
std::string party_key(fhir::Element reference);

}  // namespace varde::followup
