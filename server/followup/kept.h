#pragma once
/// @file server/followup/kept.h
/// What is under way stays about the same patient, whoever writes it: a follow-up, a plan or limits in force, equipment
/// that is lent. Moved by a PUT or PATCH it would go on at one patient without a beginning and stop at another without
/// an end, and nobody would be told. Of two Patients that are the same person either may be named.
/// Source: README.md, "Whose a reading is". Faults: business_rule, in Norwegian first.
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup {

Result<void> check_same_patient(const interaction::View&, fhir::Element resource, const interaction::Pending&);
/// A follow-up that has begun is not put off, nor made another service, by being written: its alerts would stop.
Result<void> check_still_followed(const interaction::View&, fhir::Element episode, fhir::Element previous);

}  // namespace varde::followup
