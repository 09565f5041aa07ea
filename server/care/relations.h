#pragma once
/// @file server/care/relations.h
/// Who stands in a care relation to a patient, found in what is stored, in the transaction that stores it:
/// - the general practitioner, by Patient.generalPractitioner;
/// - the follow-up centre, while an EpisodeOfCare is open (managingOrganization; one that names none is of our own
/// centre);
/// - the hospital, while an Encounter (serviceProvider) is under way, or a referral (ServiceRequest.performer) is open;
/// - a guardian, or who has a power of attorney, by RelatedPerson (relationship and national identity number); parents
///   until the day that the patient is 16, who can then decide (pasient- og brukerrettighetsloven 4-3).
/// And who is kept out by the patient, whatever relation there is: whom an active Consent that denies names as actor.
/// A PractitionerRole stands for its practitioner and its organisation. A Consent that denies a part only is taken to
/// deny all to its actors: never less than the patient asked for.
/// A relation ends with what it comes from. Persons are told apart by their HPR number, organisations by their number.
#include <string>
#include <vector>

#include "server/interaction/repository.h"
#include "server/interaction/store.h"

namespace varde::care {

class Relations final : public interaction::Effect {
 public:
  Result<void> after(interaction::Act& act, const interaction::Stored& stored) override;
};

/// Finds the relations of all that is stored, where that was never done.
void build_relations(const interaction::Repository& repository);

}  // namespace varde::care
