#pragma once
/// @file server/messaging/renewal.h
/// A message of ours that comes after another of ours: its change (M), which replaces the whole, or its cancellation
/// (C), which takes back the message and its changes. It goes to the same receivers, under a MsgId of its own; its
/// parent is the last one sent, its conversation the first. Source: HISD 1154:2018 §3, §4; HITS 1218:2019.
#include <optional>
#include <string>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/messaging.h"
#include "server/storage/messages.h"

namespace varde::messaging {

/// The cancellation, drafted on a snapshot; nullopt: the message has not left, so nobody need hear of it. Faults:
/// not_found (no message of ours), business_rule (a receipt, a cancellation, taken back or replaced already, of a type
/// that has no cancellation).
Result<std::optional<Draft>> draft_cancellation(const interaction::View& view, const std::string& communication_id);
/// What has not left does not leave; what has is followed by its cancellation: `draft`, where it still holds. Returns
/// the id of the Communication that tells of it. Faults: as draft_cancellation.
Result<std::string> cancel(interaction::Act& act, const Settings& settings, const std::string& communication_id,
                           std::optional<Draft> draft = {});

/// What the message says from now on.
struct Renewed {
  /// As mappings::from_fhir takes it; its Communication and Patient are the first message's. Absent: a letter to the
  /// GP, with the measurements and limits of now.
  std::optional<fhir::Tree> bundle;
  std::string reason;  ///< of a letter to the GP
};
/// As the two above. Faults besides: what from_fhir refuses.
Result<Draft> draft_change(const interaction::View& view, const Settings& settings, const std::string& communication_id,
                           const Renewed& renewed);
Result<std::string> change(interaction::Act& act, const Settings& settings, const std::string& communication_id,
                           const Renewed& renewed, std::optional<Draft> draft = {});

/// Cancelled or replaced by us: whatever its receiver or a transport says of it later, it stays so.
bool is_out_of_force(fhir::Element communication);
/// The receiver refused the change or the cancellation: what it was to replace is in force there, and so here.
Result<void> put_back_in_force(interaction::Act& act, const storage::OutboxRow& refused);

}  // namespace varde::messaging
