#pragma once
/// @file server/messaging/effect/force.h
/// What a message means among the others of its document: the latest is in force, what it replaces is taken back, and a
/// cancellation takes back the original and its changes. The same in every order of arrival.
/// Source: HISD 1154:2018 §3, §4.
#include <vector>

#include "server/messaging/effect/series.h"
#include "server/messaging/story.h"

namespace varde::messaging {

/// Some cancellation counts for this message: one that no new original has come after.
bool is_cancelled(const Case&, const std::vector<Member>& series);
/// Brings the message into force, or files it where it is not. Returns the state of its Communication.
Result<State> bring_into_force(Case&, const EffectRow&, const std::vector<Member>& series);
/// As that, for a patient whom we have: the message's own Patient is not written.
Result<State> bring_into_force_for(Case&, const EffectRow&, BundleWriter::Entry& told, const std::string& patient_id);

}  // namespace varde::messaging
