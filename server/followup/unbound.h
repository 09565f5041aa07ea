#pragma once
/// @file server/followup/unbound.h
/// A reading whose patient is not here: unknown, of another server, or not said at all. It is kept, and a Task says so,
/// one per sender and identity; when the Patient comes, the reading is bound to it and judged.
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// The Patient is stored here, or is at least enrolled.
bool is_known(const interaction::View&, storage::PatientKey patient);
/// An Observation or QuestionnaireResponse that nobody here can be told of.
Result<void> tell_unbound(interaction::Act&, const interaction::Stored&);
/// A Patient was stored: writes anew what waited for it, so that it is bound and judged.
Result<void> bind_waiting(interaction::Act&, const interaction::Stored& patient);

}  // namespace varde::followup
