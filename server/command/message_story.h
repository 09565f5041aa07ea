#pragma once
/// @file server/command/message_story.h
/// The story of one message as a page, in Norwegian: its state, receipts and answers, what it made, its conversation,
/// and its XML as people read it. Whatever others wrote stands there as text: nothing of it is run by a browser.
#include <string>
#include <string_view>
#include <vector>

#include "mappings/reader/xml_node.h"
#include "server/messaging/operator.h"

namespace varde::command {

struct StoryPage {
  std::string communication_id;
  messaging::Rows rows;
  std::vector<storage::InboxRow> duplicates;
  std::vector<storage::OutboxRow> answers;  ///< to what was received
  std::vector<std::string> made;            ///< "Type/id"
  struct Other {
    std::string communication_id, type, sent, state;
  };
  std::vector<Other> conversation;              ///< oldest first, the message itself among them
  std::vector<storage::OutboxRow> copies = {};  ///< of what was sent, to its copy receivers
};

std::string story_page(const StoryPage& page, std::string_view fhir_base);
/// XML on lines, indented, as HTML text; what is long and no words (attachments) is cut and its length told. Bytes that
/// are not XML stand as they are.
std::string readable(std::string_view bytes);

}  // namespace varde::command
