#pragma once
/// @file server/messaging/party.h
/// Who a message is from and to, by HER-id: the communication party of the national address register.
/// Source: HIS 1153-2:2016; HITS 1168:2016 §5.3 (a message to somebody else is not answered).
#include <string>
#include <string_view>

#include "mappings/message.h"

namespace varde::messaging {

std::string her_id_of(const mappings::Party& party);
/// With which the sender's MsgIds are told apart from others': its HER-id, else the first number it gives.
std::string sender_key(const mappings::Party& sender);
/// One of the receivers, copy receivers included, is the communication party `her_id`.
bool is_addressed_to(const mappings::Message& message, std::string_view her_id);
/// Whether an AppRec's sender is the one we wrote to: the same HER-id at the innermost level, or the same person (by
/// any number) at a place with the same HER-id. Source: HIS 80415:2012 §3.5.
bool is_same_party(const mappings::Party& a, const mappings::Party& b);
/// Organisation and department or person, for a display: "Køfri sykehus HF, Ortopedisk avdeling".
std::string display_of(const mappings::Party& party);
/// MsgIds are UUIDs, whose letter case means nothing.
std::string same_case(std::string_view uuid);

}  // namespace varde::messaging
