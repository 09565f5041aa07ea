#pragma once
/// @file mappings/msghead/bare.h
/// Messages from before MsgHead (referral 1.x, discharge letter 1.x, laboratory report): who sends what to whom, so
/// that they can be answered. Their content is not received here. Sources: HIS 80415:2012 §3.5.1 (who the primary
/// receiver is), HIS 80517:2014, HIS 80226:2014, HIS 80822:2014
#include "mappings/message.h"

namespace varde::mappings::msghead {

bool is_bare(const XmlNode& document);
void read_bare_envelope(Message& message);  ///< type, id, generated, sender, receivers from message.document

}  // namespace varde::mappings::msghead
