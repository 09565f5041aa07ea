#pragma once
/// @file server/command/gateway_routes.h
/// The gateway's routes on the HTTP side: POST /message, the message log, the operations Communication/[id]/$link and
/// Patient/[id]/$send-summary.
#include <functional>
#include <string>
#include <vector>

#include "server/http/server.h"
#include "server/interaction/route.h"
#include "server/messaging/messaging.h"
#include "server/storage/storage.h"

namespace varde::command {

/// Raw XML in the body. 202 with a receipt; with `?answer=wait` or `Prefer: respond-sync` 200 with the AppRec.
/// Faults: not_well_formed 400 (the bytes are stored all the same; with the AppRec where one is asked for and can be
/// sent), content_type_unsupported 415, too_large 413, busy
/// 503.
http::PlainRoute message_route(messaging::Messaging& messaging);

/// As messaging/link.h: a person says whose a message is.
using LinkMessage =
    std::function<Result<void>(interaction::Act&, const std::string& communication_id, const std::string& patient_id)>;

/// GET /messages: the message log as a page; `?received=N` and `?sent=N` give a message's bytes, `?failures=N` what is
/// wrong with them. POST /messages: its form, a search (no identity number stands in an address), `resend`, `replay`,
/// or `link` with `patient`.
std::vector<http::PlainRoute> message_log_routes(const interaction::Repository& repository, LinkMessage link);

/// POST Communication/[id]/$link, parameter `patient` (Reference) or `patient.identifier` (Identifier): whose the
/// message is, when the gateway could not say. The message then does what its sender asked for. Answers its
/// Communication.
interaction::Route link_operation(messaging::Messaging& messaging);

/// The message log as operations: what came in and went out, the whole story of a message and its conversation, and how
/// the routes are doing.
std::vector<interaction::Route> message_log_operations(messaging::Messaging& messaging);

/// What is done with messages: one that others have written is sent, one of ours is changed or cancelled; resend,
/// replay, a receiver stopped and started. POST Patient/[id]/$send-summary, optional parameter `reason` (string): a
/// summary to the patient's GP. What is sent answers Parameters with `message` (the MsgId) and `communication`.
std::vector<interaction::Route> message_operations(messaging::Messaging& messaging);

/// Patient/[id]/$letters: the letters that leave by themselves, and with parameter `letter` what would leave now; POST
/// $send-letter and $withhold-letter with `letter`.
std::vector<interaction::Route> letter_operations(messaging::Messaging& messaging);

/// POST CarePlan/[id]/$send-to-gp: a self-treatment plan to the GP for approval, as text and PDF.
/// Answers Parameters with `message`.
interaction::Route plan_operation(messaging::Messaging& messaging);

}  // namespace varde::command
