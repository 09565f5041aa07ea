#pragma once
/// @file server/care/relations.h
/// Who stands in a care relation to a patient, found in what is stored, in the transaction that stores it:
/// - the general practitioner, by Patient.generalPractitioner;
/// - the follow-up centre, while an EpisodeOfCare is open (managingOrganization; one that names none is of our own
/// centre);
/// - the hospital, while an Encounter (serviceProvider) is under way, or a referral (ServiceRequest.performer) is open.
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
