#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mappings/message.h"
#include "mappings/msghead/bare_head.h"
#include "mappings/msghead/head.h"
#include "mappings/plo/components.h"
#include "mappings/reader/reader.h"
#include "mappings/rows/digest.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/names.h"
#include "mappings/xml/shape.h"
#include "mappings/xml/xml_writer.h"
#include "norway/message_time.h"

namespace varde::mappings {
namespace {

using namespace rows;
using namespace msghead;
using namespace plo;
using fhir::Element;

/// The code of list 8279 in a CodeableConcept.
std::string_view message_code(Element concept_) {
  for (const Element coding : concept_.each("coding"))
    if (oid_of(coding["system"].value()) == code_list::kMessageTypes.oid()) return coding["code"].value();
  return {};
}

std::string_view message_code(const Outbound& outbound) {
  for (const Element category : outbound.resource("Communication").each("category"))
    if (const auto code = message_code(category); !code.empty()) return code;
  return message_code(outbound.resource("Composition")["type"]);
}

/// The version to write: the one that the Communication names, else the newest.
const MessageVersion& target(const Outbound& outbound, const MessageType& type) {
  for (const auto& version : type.versions)
    for (const Element uri : outbound.resource("Communication").each("instantiatesUri"))
      if (uri.value() == version.ns) return version;
  return type.versions.front();
}

XmlNode leaf(std::string_view name, std::string_view value) {
  XmlNode node;
  node.name = name, node.text = value;
  return node;
}

XmlNode coded(std::string_view name, std::string_view code, std::string_view display) {
  XmlNode node;
  node.name = name;
  node.attributes = {{"V", std::string(code)}, {"DN", std::string(display)}};
  return node;
}

XmlNode& ensure(XmlNode& parent, std::string_view name) {
  for (XmlNode& child : parent.children)
    if (child.name == name) return child;
  parent.children.push_back(leaf(name, ""));
  return parent.children.back();
}

/// A Communication of others may leave the type to the Composition, and the display of the code to us.
void complete_head(const Outbound& outbound, const MessageType& type, XmlNode& info) {
  info.children.push_back(leaf("MIGversion", "v1.2 2006-05-24"));
  std::erase_if(info.children, [](const XmlNode& child) { return child.name == "Type"; });
  info.children.push_back(coded("Type", type.code, type.name));
  const auto category = outbound.resource("Communication")["category"]["coding"]["display"].value();
  if (!category.empty()) info.children.back().attributes[1].second = category;
  const Element composition = outbound.resource("Composition");
  if (!info.child("GenDate") && composition["date"].has_value())
    info.children.push_back(leaf("GenDate", norway::to_message_date_time(composition["date"].value())));
  // HITS 1218: a message that answers names its parent and its conversation; either alone names both.
  if (info.child("ConversationRef")) {
    XmlNode& reference = ensure(info, "ConversationRef");
    const auto parent = std::string(reference.at("RefToParent")),
               whole = std::string(reference.at("RefToConversation"));
    if (parent.empty()) reference.children.push_back(leaf("RefToParent", whole));
    if (whole.empty()) reference.children.push_back(leaf("RefToConversation", parent));
  }
}

XmlNode write_document(Outbound& outbound, XmlNode payload) {
  XmlNode document = leaf("Document", "");
  bool described = false;
  for (const Element candidate : outbound.all("DocumentReference"))
    if (tag_of(candidate) == kOriginalTag) described = true, write(outbound, kDocument, candidate, document);
  XmlNode& reference = ensure(document, "RefDoc");
  if (!described) {
    XmlNode issued = leaf("IssueDate", "");
    const auto sent = outbound.resource("Communication")["sent"].value();
    if (!sent.empty()) issued.attributes.emplace_back("V", norway::to_message_time(sent));
    if (!sent.empty()) reference.children.push_back(std::move(issued));
  }
  reference.children.push_back(coded("MsgType", "XML", "XML-instans"));
  XmlNode content = leaf("Content", "");
  content.children.push_back(std::move(payload));
  reference.children.push_back(std::move(content));
  return document;
}

XmlNode with_head(Outbound& outbound, Element bundle, const MessageType& type, XmlNode payload) {
  XmlNode head = leaf("MsgHead", ""), info = leaf("MsgInfo", "");
  head.ns = "http://www.kith.no/xmlstds/msghead/2006-05-24";
  write(outbound, kMsgInfo, bundle, info);
  write_copy_receivers(outbound, info);
  complete_head(outbound, type, info);
  head.children.push_back(std::move(info));
  head.children.push_back(write_document(outbound, std::move(payload)));
  write_attachments(outbound, head);
  return head;
}

bool holds_markup(const XmlNode& node) {
  return !node.markup.empty() || std::ranges::any_of(node.children, holds_markup);
}

/// Markup stands in a message as it was kept; what others put there must be XML.
Result<std::string> written(const XmlNode& message) {
  std::string xml = xml::write_xml(message);
  if (holds_markup(message) && !message_reader().read(xml).well_formed)
    return fail(Fault::value_malformed, "An extension xhtml() holds what is not XHTML.", "Bundle");
  return xml;
}

}  // namespace

Result<std::string> from_fhir(Element bundle) {
  if (bundle.type_name() != "Bundle")
    return fail(Fault::not_supported, "A message is made from a Bundle.", std::string(bundle.type_name()));
  Outbound outbound(bundle);
  const auto code = message_code(outbound);
  if (code.empty())
    return fail(Fault::required_missing,
                "Neither Communication.category nor Composition.type holds a message type (system " +
                    std::string(code_list::kMessageTypes.system) + ").",
                "Bundle.entry.resource.ofType(Communication).category");
  const MessageType* type = find_message_type(code);
  if (!type || !type->mapping)
    return fail(Fault::not_supported, fmt::format("Messages of type {} cannot be made from FHIR yet.", code),
                "Bundle.entry.resource.ofType(Communication).category");
  const Mapping& mapping = *type->mapping;
  const MessageVersion& version = target(outbound, *type);
  XmlNode payload = leaf(version.root, "");
  payload.ns = version.ns;
  write(outbound, mapping.payload, bundle, payload);
  if (mapping.complete) mapping.complete(outbound, payload, version.number);
  XmlNode message = is_bare(version) ? bare_message(outbound, *type, version, std::move(payload))
                                     : with_head(outbound, bundle, *type, std::move(payload));
  if (mapping.further) FHIR_TRY(mapping.further(outbound, message));
  const std::string msg_id(message.at(is_bare(version) ? "MsgId" : "MsgInfo/MsgId"));
  const auto component_id = [&](const std::string& path) { return uuid_v5(msg_id, path); };
  return xml::put_in_order(message, component_id).and_then([&] { return written(message); });
}

}  // namespace varde::mappings
