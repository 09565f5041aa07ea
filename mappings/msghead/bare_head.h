#pragma once
/// @file mappings/msghead/bare_head.h
/// What messages from before MsgHead have in common <-> Communication, Patient, DocumentReference + Binary. Below the
/// families' own tables; see mappings/lab, discharge and referral.
/// Sources: HIS 80822:2014, HIS 80226:2014, HIS 80517:2014 (Message, HCP, Patient, RefDoc); code lists 8327, 7309.
#include <string_view>

#include "mappings/message_type.h"
#include "mappings/rows/conversions.h"

namespace varde::mappings::msghead {
using namespace rows;

extern const Rows kBareInfo;     ///< below Message
extern const Rows kBarePatient;  ///< below Patient: who it is; what else stands there is for the family's table

/// Parties and status of the message: what follows from the envelope as a whole. Before the content is read.
void derive_bare(Inbound&);
/// Parts of the patient's name, the system of the identity number. After the content is read.
void derive_bare_patient(Inbound&);
/// The original and every RefDoc of the content, as DocumentReference + Binary.
void read_bare_documents(Inbound&, std::string_view original);
/// RefDoc for every attachment of the Bundle.
void write_bare_documents(Outbound&, XmlNode& content);
/// Whether that payload stands in a Message of its own.
bool is_bare(const MessageVersion&);
/// The Message around `content`, and what a Bundle of others leaves to us: type, version, patient's name, parties.
XmlNode bare_message(Outbound&, const MessageType&, const MessageVersion&, XmlNode content);

/// An element that another part of the mapping reads and writes: it only keeps the rest from taking it too.
extern const Conversion elsewhere;

}  // namespace varde::mappings::msghead
