#pragma once
/// @file mappings/msghead/head.h
/// MsgHead 1.2 <-> Communication, Patient, DocumentReference + Binary.
/// Sources: HIS 80601:2006, HITS 1218:2019 (ConversationRef), HIS 1036:2011 (attachments).
#include <string_view>

#include "mappings/rows/conversions.h"

namespace varde::mappings::msghead {
using namespace rows;

extern const Rows kMsgInfo;     ///< below MsgInfo
extern const Rows kDocument;    ///< below Document of the payload; FHIR side: its DocumentReference
extern const Rows kAttachment;  ///< below Document of an attachment; FHIR side: its DocumentReference

extern const Rows kAttachedDocument;  ///< below RefDoc of an attachment, all but MsgType

inline constexpr std::string_view kOriginalTag = "Document";
inline constexpr std::string_view kAttachmentTag = "Document/Vedlegg";

/// The original bytes and each attachment as DocumentReference + Binary, named in Communication.payload.
void read_documents(Inbound&, std::string_view original);
/// One attachment, by rows whose FHIR side is its DocumentReference.
void read_attachment(Inbound&, Rows rows, const XmlNode& node);
/// Whoever stands behind the first recipient gets a copy, beside those whom the message has kept.
void write_copy_receivers(Outbound&, XmlNode& info);
/// The documents after the payload's.
void write_attachments(Outbound&, XmlNode& msg_head);

}  // namespace varde::mappings::msghead
