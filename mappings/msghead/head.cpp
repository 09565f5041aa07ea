#include "mappings/msghead/head.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fhir-model/text/base64.h"
#include "mappings/msghead/party.h"
#include "mappings/rows/digest.h"
#include "mappings/rows/names.h"
#include "norway/message_time.h"

namespace varde::mappings::msghead {
namespace {

using fhir::Editor;
using fhir::Element;

// clang-format off
const std::array kPartyRows{
    //  message         FHIR         card            conversion
    Row{"ComMethod",    "content()", Card::optional, fragment},
    Row{"Organisation", "",          Card::one,      organisation, kOrganisation, "sender"},
};
const std::array kReceiverRows{
    Row{"ComMethod",    "content()", Card::optional, fragment},
    Row{"Organisation", "",          Card::one,      organisation, kOrganisation, "receiver"},
};

const std::array kConversationRows{
    Row{"RefToParent",       "Communication.inResponseTo.identifier", Card::one, uuid_reference},
    Row{"RefToConversation", "Communication.partOf.identifier",       Card::one, uuid_reference},
};

const std::array kMsgInfoRows{
    //  message                            FHIR                                 card            conversion
    Row{"Type",                            "Communication.category",            Card::one,      coded_cs, {}, code_list::kMessageTypes.number()},
    Row{"GenDate",                         "Communication.sent",                Card::one,      date_time_text},
    Row{"MsgId",                           "Communication.identifier",          Card::one,      uuid_reference},
    Row{"ProcessingStatus",                "Communication.content()",           Card::optional, fragment},
    Row{"RequestedPriority",               "Communication.content()",           Card::optional, fragment},
    Row{"Ack",                             "Communication.content()",           Card::optional, fragment},
    Row{"ConversationRef",                 "",                                  Card::optional, nested, kConversationRows},
    Row{"Sender",                          "Communication.sender",              Card::one,      nested, kPartyRows},
    Row{"Receiver",                        "Communication.recipient",           Card::one,      nested, kReceiverRows},
    Row{"OtherReceiver",                   "Communication.content()",           Card::many,     fragment},
    Row{"Patient",                         "Patient",                           Card::one,      single, kPerson},
};

const std::array kRefDocRows{
    //  message        FHIR                                    card            conversion
    Row{"IssueDate",   "content.attachment.creation",          Card::optional, time_ts},
    Row{"Id",          "content()",                            Card::optional, fragment},
    Row{"Description", "description",                          Card::optional, text},
};

/// What a sender says about a document; FHIR has no place for most of it.
const std::array kSaidOfDocumentRows{
    //  message             FHIR         card            conversion
    Row{"DocumentConnection", "content()", Card::optional, fragment},
    Row{"ContentType",        "content()", Card::optional, fragment},
    Row{"ContentDescription", "content()", Card::optional, fragment},
    Row{"ContentCategory",    "content()", Card::optional, fragment},
    Row{"Consent",            "content()", Card::optional, fragment},
    Row{"Annotation",         "content()", Card::optional, fragment},
    Row{"FromDate",           "content()", Card::optional, fragment},
    Row{"ToDate",             "content()", Card::optional, fragment},
    Row{"OidRef",             "content()", Card::optional, fragment},
    Row{"EnquiryRefId",       "content()", Card::optional, fragment},
};
const std::array kDocumentRows{
    Row{"",                   "",          Card::one,      nested, kSaidOfDocumentRows},
    Row{"RefDoc",             "",          Card::one,      nested, kRefDocRows},
};
// clang-format on

// --- attachments ---------------------------------------------------------------------------------------------------

void set_size_and_hash(Editor attachment, std::size_t size, std::string_view hash_base64) {
  attachment.add("size", std::to_string(size));
  if (!hash_base64.empty()) attachment.add("hash", hash_base64);
}

/// Base64Container -> a Binary of its own that the attachment's url points at.
void container_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  const auto text = from.base64();
  if (!is_base64(text)) return;
  Editor attachment = parent.ensure(name);
  Editor binary = inbound.add_resource("Binary", row.about);
  const auto mime = attachment["contentType"].value();
  binary.add("contentType", mime.empty() ? std::string_view("application/octet-stream") : mime);
  const Element data = inbound.add_made(binary, "data", text.size(), [&](char* out) { return tidy_base64(text, out); });
  attachment.set("url", inbound.full_url(binary));
  attachment.set("size", std::to_string(base64_size(data.value())));
}

bool container_to_xml(Outbound& outbound, const Row&, Element value, XmlNode& out) {
  const Element url = value["url"];
  const auto inline_data = value["data"].value();
  out.ns = "http://www.kith.no/xmlstds/base64container";
  if (!inline_data.empty()) {
    out.text = inline_data;
    return true;
  }
  for (const Element binary : outbound.all("Binary"))
    if (outbound.full_url(binary) == url.value()) out.text = binary["data"].value();
  return !out.text.empty();
}

const Conversion container{container_to_fhir, container_to_xml};

/// A file outside the message: only where it is.
bool file_reference_to_xml(Outbound& outbound, const Row&, Element value, XmlNode& out) {
  for (const Element binary : outbound.all("Binary"))
    if (outbound.full_url(binary) == value.value()) return false;
  out.text = value.value();
  return !out.text.empty();
}

void file_reference_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent,
                            std::string_view name) {
  text.to_fhir(inbound, row, from, parent, name);
}

const Conversion file_reference{file_reference_to_fhir, file_reference_to_xml};

bool attachment_type_to_xml(Outbound&, const Row&, Element, XmlNode& out) {
  out.attributes = {{"V", "A"}, {"DN", "Vedlegg"}};
  return true;
}

/// Which kind of document it is stands in the tag; the code list is 8114.
const Conversion attachment_type{nullptr, attachment_type_to_xml};

// clang-format off
const std::array kAttachedDocumentRows{
    //  message                    FHIR                              card            conversion
    Row{"IssueDate",               "content.attachment.creation",    Card::optional, time_ts},
    Row{"Id",                      "content()",                      Card::optional, fragment},
    Row{"MimeType",                "content.attachment.contentType", Card::optional, text},
    Row{"Description",             "content.attachment.title",       Card::optional, text},
    Row{"Compression",             "content()",                      Card::optional, fragment},
    Row{"FileReference",           "content.attachment.url",         Card::optional, file_reference},
    Row{"Content/Base64Container", "content.attachment",             Card::optional, container, {}, kAttachmentTag},
};
const std::array kAttachedRows{
    Row{"MsgType",                 "",                               Card::one,      attachment_type},
    Row{"",                        "",                               Card::one,      nested, kAttachedDocumentRows},
};
const std::array kAttachmentDocumentRows{
    Row{"",                   "",          Card::one,      nested, kSaidOfDocumentRows},
    Row{"RefDoc",             "",          Card::one,      nested, kAttachedRows},
};
// clang-format on

/// DocumentReference with what every document of a message says.
Editor add_document(Inbound& inbound, std::string_view tag) {
  Editor document = inbound.add_resource("DocumentReference", tag);
  const Element communication = inbound.resource("Communication");
  if (const Element sender = communication["sender"]; sender["identifier"]) {
    Editor author = document.add("author");  // the contained party stays in the Communication
    copy(author, "identifier", sender["identifier"]);
    if (!sender["display"].value().empty()) author.add("display", sender["display"].value());
  }
  Editor payload = inbound.resource("Communication").add("payload");
  inbound.refer(payload, "contentReference", document);
  return document;
}

void set_date(Editor document) {
  const auto created = document["content"]["attachment"]["creation"].value();
  if (norway::is_instant(created)) document.set("date", created);
}

void read_original(Inbound& inbound, std::string_view original) {
  Editor document = add_document(inbound, kOriginalTag);
  copy(document, "masterIdentifier", inbound.resource("Communication")["identifier"]);
  if (const Element category = inbound.resource("Communication")["category"]) copy(document, "type", category);
  Editor attachment = document.add("content").add("attachment");
  attachment.add("contentType", "application/xml");
  if (const XmlNode* payload = inbound.message.document.child("Document"))
    read(inbound, kDocumentRows, *payload, document);
  Editor binary = inbound.add_resource("Binary", kOriginalTag);
  binary.add("contentType", "application/xml");
  inbound.add_made(binary, "data", fhir::text::base64_letters(original.size()), [&](char* out) {
    fhir::text::write_base64(original, out);
    return fhir::text::base64_letters(original.size());
  });
  attachment.add("url", inbound.full_url(binary));
  set_size_and_hash(attachment, original.size(), fhir::text::to_base64(sha1(original)));
  const auto title = inbound.message.document.at(inbound.message.is_bare() ? "Type/@DN" : "MsgInfo/Type/@DN");
  if (!title.empty()) attachment.add("title", title);
  set_date(document);
}

}  // namespace

const Rows kMsgInfo = kMsgInfoRows;
const Rows kDocument = kDocumentRows;
const Rows kAttachment = kAttachmentDocumentRows;
const Rows kAttachedDocument = kAttachedDocumentRows;

void read_documents(Inbound& inbound, std::string_view original) {
  read_original(inbound, original);
  for (const XmlNode& node : inbound.message.document.children) {
    // Senders do not always call what they attach an attachment.
    if (node.name != "Document" ||
        (node.at("RefDoc/MsgType/@V") != "A" && !node.find("RefDoc/Content/Base64Container")))
      continue;
    read_attachment(inbound, kAttachment, node);
  }
}

void read_attachment(Inbound& inbound, Rows rows, const XmlNode& node) {
  Editor document = add_document(inbound, kAttachmentTag);
  document.add("content").add("attachment");
  read(inbound, rows, node, document);
  const Element attachment = document["content"]["attachment"];
  if (attachment["contentType"].value().empty() && attachment["url"])
    document.edit(attachment).set("contentType", "application/octet-stream");
  if (const auto title = attachment["title"].value(); !title.empty()) document.set("description", title);
  set_date(document);
}

void write_copy_receivers(Outbound& outbound, XmlNode& info) {
  const auto is_there = [&](std::string_view number) {
    return std::ranges::any_of(info.all("OtherReceiver/Organisation/Ident"),
                               [&](const XmlNode* each) { return each->at("Id") == number; });
  };
  bool is_receiver = true;
  for (const Element recipient : outbound.resource("Communication").each("recipient")) {
    if (std::exchange(is_receiver, false) || is_there(recipient["identifier"]["value"].value())) continue;
    XmlNode copy, role;
    copy.name = "OtherReceiver", role.name = "RoleReceiver";
    role.attributes = {{"V", "COP"}, {"DN", "Kopimottaker"}};
    copy.children.push_back(std::move(role));
    if (write(outbound, kReceiverRows, recipient, copy)) info.children.push_back(std::move(copy));
  }
}

void write_attachments(Outbound& outbound, XmlNode& msg_head) {
  for (const Element document : outbound.all("DocumentReference")) {
    if (tag_of(document) != kAttachmentTag && !tag_of(document).empty()) continue;
    XmlNode made;
    made.name = "Document";
    if (write(outbound, kAttachment, document, made)) msg_head.children.push_back(std::move(made));
  }
}

}  // namespace varde::mappings::msghead
