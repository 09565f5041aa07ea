#pragma once
/// @file server/messaging/queue.h
/// A letter of ours into the outbox, for its receiver and, each in a row of its own, for its copy receivers
/// (OtherReceiver with the role COP): each has its own delivery, deadline and AppRec (HITS 1168:2016 §5.1).
#include "mappings/message.h"
#include "server/interaction/act.h"
#include "server/messaging/messaging.h"
#include "server/storage/messages.h"

namespace varde::messaging {

/// A row that names no route goes by its receiver's. What the copies' rows say is given here.
void enqueue(interaction::Act& act, const Settings& settings, storage::OutboxRow row,
             const std::vector<std::string>& copy_receivers);
/// HER-ids of those who get a copy, the receiver aside.
std::vector<std::string> copy_receivers_of(const mappings::Message& message);

/// What was sent to that party: the message, or a copy of it; nullopt when it was sent to somebody else.
std::optional<storage::OutboxRow> sent_to(const interaction::View& view, const storage::OutboxRow& sent,
                                          const mappings::Party& party);

}  // namespace varde::messaging
