#pragma once
/// @file server/messaging/sending.h
/// A message that a person or another system writes and we send: a Bundle, as mappings::from_fhir takes it, becomes a
/// letter of ours. What it leaves out of the envelope is ours to say: MsgId, time, sender.
#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/messaging.h"

namespace varde::messaging {

/// On a snapshot; post() puts it into the outbox. Faults: what from_fhir refuses; required_missing (no receiver with a
/// HER-id); business_rule (the sender is not us, its patient is not known here, a change or cancellation, which have
/// operations of their own, a MsgId that we have used); schema_invalid (what came out is no message that anybody would
/// take).
Result<Draft> draft_message(const interaction::View& view, const Settings& settings, fhir::Element bundle);

}  // namespace varde::messaging
