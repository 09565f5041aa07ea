#pragma once
/// @file server/messaging/refused.h
/// What was refused is in nobody's record (HIS 80415:2012 §3.3.4): its story has no link to the patient whom it names.
/// Whose it is, its own bytes say, also where the patient became known only later; an erasure asks them.
#include <cstdint>
#include <string>
#include <vector>

#include "server/interaction/act.h"

namespace varde::messaging {

/// Those of a person (11 digits) that the Patient says now.
std::vector<std::string> identity_numbers(const interaction::View& view, storage::PatientKey patient);
/// Numbers in the inbox, ascending: what was refused, was unreadable or came under a MsgId that was used, and gives one
/// of the patient's numbers as its patient's. Of what breaks off before it says whom it is about: what holds one
/// anywhere. Reads all of them. Asked before storage::erasure::erase, after which nobody knows the numbers.
std::vector<std::int64_t> refused_about(const interaction::View& view, storage::PatientKey patient);
/// Takes these out for good, with the stories that are theirs alone. Faults: what Act::remove refuses.
Result<void> erase_refused(interaction::Act& act, const std::vector<std::int64_t>& refused);

}  // namespace varde::messaging
