#pragma once
/// @file server/storage/patients.h
/// A Patient that Patient.link says is replaced has a survivor: the rows that follow-up reads (limits, enrolments, open
/// alerts, measurements, what is to be sent) stand under the survivor's key, so that one person has one follow-up.
/// Compartments and index rows stay as the references say.
#include "server/storage/storage.h"

namespace varde::storage::patients {

/// At the end of the chain; the patient itself when nothing has replaced it.
PatientKey survivor(const Snapshot&, PatientKey patient);
bool is_replaced(const Snapshot&, PatientKey patient);
/// Moves the rows of the follow-up along. `survivor` none: nothing replaces the patient any more, and what its own
/// resources say comes back to it.
void set_survivor(Transaction&, PatientKey patient, PatientKey survivor);

}  // namespace varde::storage::patients
