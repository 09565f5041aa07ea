#pragma once
/// @file server/messaging/letter/head.h
/// What every letter of ours begins with and goes on as: from us, about the patient, to somebody; and how its Bundle
/// becomes a draft with its story. Faults: those of mappings::from_fhir and sending.h.
#include <string>
#include <string_view>
#include <vector>

#include "mappings/plo/letter.h"
#include "server/messaging/letter/rule.h"

namespace varde::messaging::letter {

/// Whom a letter is about. Faults: not_found, business_rule (Patient.deceased).
struct About {
  std::string patient_id;
  fhir::Tree patient;
};
Result<About> about(const interaction::View& view, storage::PatientKey patient);
mappings::LetterHead head_of(const interaction::View& view, const Settings& settings, fhir::Element patient,
                             std::string_view type, mappings::Party receiver);
/// What a letter says just now, new or changed.
struct Report {
  fhir::Tree bundle;               ///< that its message is made of
  std::string text;                ///< what its receiver reads
  std::vector<std::string> about;  ///< references ("Encounter/3")
};
/// `told` and `references` ("Encounter/3") are what the letter is about; its Communication says so.
Result<Written> written(const interaction::View& view, const Settings& settings, fhir::Element bundle, std::string text,
                        const std::string& reason, const std::vector<std::string>& references);
/// The last of our letters of that type about the patient that is in force and tells of that reference; empty: none.
std::string letter_about(const interaction::View& view, storage::PatientKey patient, std::string_view type,
                         std::string_view reference);
/// The Observations that a letter of ours told of, and what else its Communication is about: ids of that type.
std::vector<std::string> told_in(const interaction::View& view, const std::string& communication_id,
                                 std::string_view type);
/// A call to who sent it, as letters end: «Spørsmål: ring oppfølgingssenteret på 75 55 50 00.»
std::string whom_to_call(const Settings& settings);

}  // namespace varde::messaging::letter
