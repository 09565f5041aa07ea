#pragma once
/// @file server/messaging/operator.h
/// What an operator does with the gateway: sends again, has a message processed once more, stops and starts what goes
/// to a receiver, reads the whole story of a message. The page and the operations of the message log are two views of
/// it. Source: HITS 1168:2016 §9 (resending), HIS 1037:2011 §5.2. Faults: not_found, business_rule (it is queued
/// already, was answered, or had its effect).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/interaction/act.h"
#include "server/messaging/messaging.h"
#include "server/storage/messages.h"

namespace varde::messaging {

/// The rows of the gateway that a Communication tells of; both absent when it is none of ours.
struct Rows {
  std::optional<storage::InboxRow> received;
  std::optional<storage::OutboxRow> sent;
};
Rows rows_of(const interaction::View&, std::string_view communication_id);
/// The rows that came again after `first`; a row that names itself as the first (storage/messages) is none of them.
std::vector<storage::InboxRow> repetitions_of(const interaction::View&, const storage::InboxRow& first);
/// Our answers to `received` that its own Communication tells of.
std::vector<storage::OutboxRow> answers_to(const interaction::View&, const storage::InboxRow& received,
                                           std::string_view communication_id);

/// What went out goes once more, under the same MsgId.
Result<void> send_again(interaction::Act&, std::int64_t outbox_id);
/// As if the same bytes came once more; the row that stands keeps its place in the log. Returns the new row's number.
Result<std::int64_t> replay(interaction::Act&, std::int64_t inbox_id);
/// Nothing goes to that receiver until it is started again; what is written meanwhile waits in its order.
Result<void> stop_receiver(interaction::Act&, const Settings&, std::string_view her_id);
Result<void> start_receiver(interaction::Act&, const Settings&, std::string_view her_id);

/// Ids of the Communications of one conversation, oldest first: what they answer, and what answers them.
std::vector<std::string> thread_of(const interaction::View&, std::string_view communication_id);

}  // namespace varde::messaging
