#pragma once
/// @file server/followup/work/message.h
/// Blue: the patient has written. A Communication whose sender is a Patient of ours is work for the nurse, the first
/// until it is answered; an answer names it in inResponseTo. The text itself stays in the Communication.
/// Source: README.md, "Work"; https://hl7.org/fhir/R4/communication.html
#include "server/interaction/store.h"

namespace varde::followup {

/// After a Communication is stored.
Result<void> follow_message(interaction::Act&, const interaction::Stored&);

}  // namespace varde::followup
