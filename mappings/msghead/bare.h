#pragma once
/// @file mappings/msghead/bare.h
/// Messages from before MsgHead (referral 1.x, discharge letter 1.x, laboratory report): who sends what to whom about
/// whom, so that they can be answered. Sources: HIS 80415:2012 §3.5.1 (who the primary
/// receiver is), HIS 80517:2014, HIS 80226:2014, HIS 80822:2014
#include "mappings/message.h"

namespace varde::mappings::msghead {

bool is_bare(const XmlNode& document);
/// ServReq, ServRprt or ServReport; nullptr when there is none.
const XmlNode* bare_content(const XmlNode& document);
/// Name, OffId, AdditionalId, date of birth and sex of a Patient of these standards.
PatientIdentity read_bare_patient(const XmlNode& patient);
/// "Danser, Line Marie": the family name, and the names before it; without a comma the last word is the family name.
struct SplitName {
  std::string family, given;
};
SplitName split_name(std::string_view name);
void read_bare_envelope(Message& message);  ///< type, id, generated, sender, receivers from message.document

}  // namespace varde::mappings::msghead
