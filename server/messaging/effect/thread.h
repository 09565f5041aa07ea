#pragma once
/// @file server/messaging/effect/thread.h
/// A conversation is one thread, whatever the types of its messages: each Communication refers to the one it answers
/// and to the first, and all of them carry the conversation as identifier (names::kConversation). Sources: HITS
/// 1218:2019 (ConversationRef); https://hl7.org/fhir/R4/communication.html
#include "server/messaging/effect/effect.h"

namespace varde::messaging {

/// What the message answers, and the first of its conversation, are Communications here, where they are about the same
/// patient; what came before it and answers it refers to it from now on.
Result<void> join_thread(Case&);
/// names::kConversation of a message: RefToConversation, else RefToParent, else its own MsgId.
std::string conversation_of(const mappings::Message& message);

}  // namespace varde::messaging
