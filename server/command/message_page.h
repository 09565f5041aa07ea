#pragma once
/// @file server/command/message_page.h
/// The message log as a page, in Norwegian: what was asked for, what came in and what went out.
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/interaction/request.h"
#include "server/storage/messages.h"

namespace varde::command {

/// What the form of the page asks for, as it was written; empty fields narrow nothing.
struct LogQuery {
  std::string msg_id, party, type, patient, from, to;
  std::string text;                        ///< words of what went wrong
  std::string received_state, sent_state;  ///< numbers of InboxState and OutboxState
  std::int64_t received_before = 0, sent_before = 0;
};

struct LogPage {
  LogQuery query;
  std::vector<storage::InboxRow> received;
  std::vector<storage::OutboxRow> sent;
  bool more_received = false, more_sent = false;
  std::set<std::int64_t> waiting = {};  ///< of the received: those that a person must say the patient of
  std::string told;                     ///< what became of an action or of a search, for people
};

std::string page_head(std::string_view title);
/// What people call a state.
std::string_view received_state_words(storage::InboxState state);
std::string_view sent_state_words(storage::OutboxState state);
std::string log_page(const LogPage& page);
/// What is wrong with a message, with line and column, as a page; the reader's own words follow in small letters.
std::string failures_page(std::int64_t number, const std::vector<Failure>& failures);

}  // namespace varde::command
