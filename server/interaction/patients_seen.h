#pragma once
/// @file server/interaction/patients_seen.h
/// Of which patients somebody may be told what was computed, and not read from a resource that could be looked at.
/// Faults: forbidden.
#include "fhir-model/fault/fault.h"
#include "server/interaction/act.h"

namespace varde::interaction {

/// What stands in a patient's readings (a curve, a statistic, a summary, a letter with values) is told to who may see
/// all of that patient's Observations, whatever they say. That there is such a patient is known to who asks.
Result<void> may_tell_of_readings(const View& view, storage::PatientKey patient);

}  // namespace varde::interaction
