#include "mappings/message.h"

#include <algorithm>

#include "mappings/apprec/apprec.h"
#include "mappings/msghead/bare.h"
#include "mappings/msghead/checks.h"
#include "mappings/msghead/parties.h"
#include "mappings/msghead/signature.h"
#include "mappings/reader/reader.h"
#include "norway/her_id.h"

namespace varde::mappings {
namespace {

constexpr std::string_view kMsgHead = "http://www.kith.no/xmlstds/msghead/2006-05-24";
std::string her_in(const std::vector<Identifier>& ids) {
  const auto her = std::ranges::find(ids, "HER", &Identifier::type);
  return her == ids.end() ? std::string() : norway::plain_her_id(her->value);
}

/// The version that type and content agree on; nullptr when there is none.
const MessageVersion* version_of(std::string_view code, const XmlNode& payload) {
  const MessageType* type = find_message_type(code);
  return type ? type->version_of(payload) : nullptr;
}

/// What stands in the payload itself, and is about the whole message.
void read_payload_envelope(Message& message) {
  const XmlNode* payload = message.payload();
  if (!payload) return;
  if (const auto* version = version_of(message.type, *payload)) message.version = version->number;
  for (const std::string_view status : {"InformasjonOmForsendelsen/Forsendelsesstatus/@V", "ServType/@V"})
    if (const auto written = payload->at(status); !written.empty()) message.status = written;
  for (const std::string_view id : {"ServProvId", "DocumentId", "Id"})
    if (message.document_id.empty()) message.document_id = msghead::trimmed(payload->at(id));
}

void read_envelope(Message& message) {
  const XmlNode* info = message.document.child("MsgInfo");
  if (!info) return;
  message.type = info->at("Type/@V");
  message.id.text = msghead::trimmed(info->at("MsgId"));
  message.generated = msghead::trimmed(info->at("GenDate"));
  message.processing = info->at("ProcessingStatus/@V");
  if (const XmlNode* ref = info->child("ConversationRef")) {
    message.parent_id = msghead::trimmed(ref->at("RefToParent"));
    message.conversation_id = msghead::trimmed(ref->at("RefToConversation"));
  }
  if (const XmlNode* sender = info->find("Sender/Organisation")) message.sender = msghead::read_party(*sender);
  if (const XmlNode* receiver = info->find("Receiver/Organisation")) message.receiver = msghead::read_party(*receiver);
  for (const XmlNode* other : info->all("OtherReceiver")) {
    const XmlNode* organisation = other->child("Organisation");
    if (organisation && other->at("RoleReceiver/@V") == "COP")
      message.copy_receivers.push_back(msghead::read_party(*organisation));
  }
  if (const XmlNode* patient = info->child("Patient")) message.patient = msghead::read_patient(*patient);
  read_payload_envelope(message);
}

/// The payload is of a kind whose definition is built in; of others nobody here can say whether it follows its schema.
bool knows_schema(const Message& message) {
  const XmlNode* payload = message.payload();
  return !payload || std::ranges::any_of(message_types(), [&](const MessageType& type) {
    return std::ranges::any_of(type.versions, [&](const MessageVersion& each) {
      return each.root == payload->name && each.ns == payload->ns;
    });
  });
}

/// What can be told of a message that breaks off: enough to answer it, when its sender stands before the fault.
void salvage(Message& message, std::string_view bytes) {
  if (message.document.name == "MsgHead") read_envelope(message);
  if (msghead::is_bare(message.document)) msghead::read_bare_envelope(message), read_payload_envelope(message);
  if (const MessageType* type = find_message_type(message.type)) {
    const auto version = std::ranges::find_if(
        type->versions, [&](const MessageVersion& each) { return bytes.find(each.ns) != std::string_view::npos; });
    if (version != type->versions.end()) message.version = version->number;
  }
  message.document = {};
}

}  // namespace

HerId Party::her_id() const {
  for (const auto* ids : {&person_ids, &department_ids, &organisation_ids})
    if (std::string her = her_in(*ids); !her.empty()) return {std::move(her)};
  return {};
}

bool Message::is_bare() const { return msghead::is_bare(document); }

const XmlNode* Message::payload() const {
  if (is_bare()) return msghead::bare_content(document);
  for (const XmlNode& part : document.children) {
    if (part.name != "Document") continue;
    const XmlNode* content = part.find("RefDoc/Content");
    if (content && !content->children.empty() && content->children[0].name != "Base64Container")
      return &content->children[0];
  }
  return nullptr;
}

bool Message::is_test() const { return processing == "D" || processing == "T"; }

bool Message::is_signed() const { return msghead::find_signature(document) != nullptr; }

Message read_message(std::string_view bytes, const ReadLimits& limits) {
  Message message;
  if (bytes.size() > limits.bytes) {
    message.failures.push_back({Fault::too_large, "The message is larger than is received here."});
    return message;
  }
  Reading reading = message_reader().read(bytes, limits.depth);
  message.document = std::move(reading.root);
  message.looks_at_bytes = reading.looks_at_bytes;
  message.well_formed = reading.well_formed;
  message.schema_valid = reading.schema_valid;
  if (!message.well_formed) {
    message.failures = std::move(reading.failures);
    salvage(message, bytes);
  } else if (apprec::is_apprec(message.document)) {
    message.schema_known = true;
    apprec::read_envelope(message);
    message.failures = std::move(reading.failures);
  } else if (message.document.name == "MsgHead" && message.document.ns == kMsgHead) {
    read_envelope(message);
    message.schema_known = knows_schema(message);
    msghead::check(message, std::move(reading.failures));
  } else if (msghead::is_bare(message.document)) {
    msghead::read_bare_envelope(message);
    read_payload_envelope(message);
    message.schema_known = knows_schema(message);
    msghead::check(message, std::move(reading.failures));
  } else {
    message.failures.push_back(
        {Fault::message_unsupported, "The document is neither a MsgHead 1.2 nor an AppRec 1.0 or 1.1.", "/*"});
  }
  return message;
}

void prepare() { message_reader(); }

}  // namespace varde::mappings
