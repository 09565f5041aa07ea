#pragma once
/// @file server/interaction/told_readings.h
/// Who may be told a patient's measured numbers by what is made of them (a curve, a statistic, a summary, a letter):
/// whoever may see all of the patient's Observations. To see the Patient is not enough, nor to see some of them: what
/// is made of numbers cannot be told apart by the Observations that they came from.
/// Faults: not_found (`patient` none: nobody who may be seen), forbidden (the patient is seen, the readings are not; it
/// goes by the login alone and says nothing of whether there are any).
#include "fhir-model/fault/fault.h"
#include "server/interaction/act.h"

namespace varde::interaction {

/// Asked at each such door before anything is looked up; an Act is a View.
Result<void> may_tell_of_readings(const View&, storage::PatientKey patient);
/// The same as a question, where several patients are asked about and the others are left out, as by a search.
bool tells_of_readings(const View&, storage::PatientKey patient);

}  // namespace varde::interaction
