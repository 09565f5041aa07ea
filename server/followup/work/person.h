#pragma once
/// @file server/followup/work/person.h
/// The person who is logged in, as work knows people: a Reference to the Practitioner of ours.
#include "fhir-model/element/element.h"
#include "server/interaction/act.h"

namespace varde::followup {

/// The Practitioner with that HPR-number, or with the issuer's own name of that person, where there is exactly one;
/// else who it is as an identifier. The principal is a person.
fhir::Tree logged_in(const interaction::View& view);

}  // namespace varde::followup
