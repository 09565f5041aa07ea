#pragma once
/// @file server/followup/patient.h
/// One person, one follow-up. A national identity number belongs to one current Patient; of two that are the same
/// person Patient.link says which replaces the other, and the survivor takes over what is followed up. A Patient who is
/// followed up is not deleted.
/// Source: https://hl7.org/fhir/R4/patient.html#merge
/// Faults: resource_conflict (never says whose number it is), business_rule (links that form a circle).
#include "server/followup/alert.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// A subject whose reference and identity number are two patients' is nobody's. `patient`: whose it is by its
/// reference.
Result<void> check_whose(const interaction::View&, fhir::Element resource, storage::PatientKey patient);
/// The first national identity number that the Patient has; empty: none.
std::string_view national_number(fhir::Element patient);
Result<void> follow_patient(interaction::Act&, const interaction::Stored&, const OnRed&);

}  // namespace varde::followup
