#pragma once
/// @file server/messaging/cancel.h
/// A message of ours is taken back: what has not left yet does not leave, and what has is followed by a cancellation
/// (list 7309: C) that repeats it and refers to it. Source: HISD 1154:2018 §3, §4; HITS 1218:2019. Faults: not_found
/// (no message that we sent), business_rule (it is cancelled already, or is one that cannot be).
#include <string>

#include "server/interaction/act.h"
#include "server/messaging/messaging.h"

namespace varde::messaging {

/// The Communication that tells of the cancellation; of a message that had not left, its own.
Result<std::string> cancel(interaction::Act&, const Settings&, const std::string& communication_id);

}  // namespace varde::messaging
