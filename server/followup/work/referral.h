#pragma once
/// @file server/followup/work/referral.h
/// A referral that came over FHIR: a ServiceRequest of category referral is received as one that came as a message is,
/// by one Task. Its sender reads in Task.businessStatus how far it has come (Task?focus=ServiceRequest/[id]).
/// Source: README.md, "Work"; https://hl7.org/fhir/R4/servicerequest.html
#include "server/interaction/store.h"

namespace varde::followup {

bool is_referral(fhir::Element service_request);
/// After a ServiceRequest is stored.
Result<void> follow_referral(interaction::Act&, const interaction::Stored&);
/// Of a Task that receives a referral: how far it has come.
void tell_progress(fhir::Editor task);

}  // namespace varde::followup
