#pragma once
/// @file server/messaging/gp.h
/// The patient's GP as a communication party, from Patient.generalPractitioner: a logical reference by HER-id, or
/// PractitionerRole, Practitioner or Organization with one.
/// Faults: business_rule (no GP, or none with a HER-id).
#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "mappings/message.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::messaging {

Result<mappings::Party> gp_of(const interaction::View& view, fhir::Element patient);

}  // namespace varde::messaging
