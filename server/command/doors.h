#pragma once
/// @file server/command/doors.h
/// The gateway's doors on the HTTP side: POST /message, and the operation Patient/[id]/$send-summary.
#include "server/http/server.h"
#include "server/messaging/messaging.h"
#include "server/operation/operation.h"

namespace varde::command {

/// Raw XML in the body. 202 with a receipt; with `?answer=wait` or `Prefer: respond-sync` 200 with the AppRec.
/// Faults: not_well_formed 400 (the bytes are stored all the same), content_type_unsupported 415, too_large 413, busy 503.
http::PlainRoute message_route(messaging::Messaging& messaging);

/// POST Patient/[id]/$send-summary, optional parameter `reason` (string): a summary to the patient's GP.
/// Answers Parameters with `message` (the MsgId) and `communication`.
operation::Operation summary_operation(messaging::Messaging& messaging);

}  // namespace varde::command
