#pragma once
/// @file mappings/msghead/parties.h
/// Who sends, who receives, who it is about: MsgHead elements -> Party, PatientIdentity.
/// Sources: HIS 80601:2006 (MsgHead 1.2), HIS 80415:2012 (HCP). Pure.
#include "mappings/message.h"

namespace varde::mappings::msghead {

Party read_party(const XmlNode& organisation);  ///< MsgInfo/Sender/Organisation and the like
/// An HCP, as AppRec and the messages without MsgHead write who they are from and to.
Party read_unit(const XmlNode& unit);
PatientIdentity read_patient(const XmlNode& patient);
std::vector<Identifier> read_idents(const XmlNode& owner);

std::string trimmed(std::string_view text);  ///< without XML's white space at the ends

}  // namespace varde::mappings::msghead
