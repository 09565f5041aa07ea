#pragma once
/// @file mappings/msghead/parties.h
/// Who sends, who receives, who it is about: MsgHead elements -> Party, PatientIdentity.
/// Source: HIS 80601:2006 (MsgHead 1.2). Pure.
#include "mappings/message.h"

namespace varde::mappings::msghead {

Party read_party(const XmlNode& organisation);  ///< MsgInfo/Sender/Organisation and the like
PatientIdentity read_patient(const XmlNode& patient);
std::vector<Identifier> read_idents(const XmlNode& owner);

/// HER-ids are written with and without a thousands separator: "369.767" is 369767.
std::string plain_her_id(std::string_view written);

}  // namespace varde::mappings::msghead
