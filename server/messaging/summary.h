#pragma once
/// @file server/messaging/summary.h
/// One summary to the GP instead of five fragments: why we write, the last measurements as a table, the limits in
/// force. The HELSEOPPLYSNINGER_LEGE stands in the outbox when the transaction that asked for it commits. Source: HIS
/// 1145:2014.
#include <string>
#include <string_view>

#include "server/followup/followup.h"
#include "server/interaction/store.h"
#include "server/messaging/messaging.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// Returns the MsgId. Faults: not_found, business_rule (no GP with HER-id; see gp.h), and what the mapping refuses.
Result<std::string> send_summary(interaction::Act& act, const Settings& settings, const std::string& patient_id,
                                 std::string_view reason);

/// A red alert was raised in this transaction. At most one summary per Settings::summary_interval and patient: what
/// comes within it is held back and sent together when it ends. What keeps a letter from being made becomes one
/// technical Task per patient and never stands in the way of the alert itself.
Result<void> summarise_alert(interaction::Act& act, const Settings& settings, const followup::RedAlert& alert);
/// A reading was corrected: when a letter has told of it, the next step of the outbox worker tells of that too.
void note_correction(interaction::Act& act, const followup::Correction& correction);

/// Everything about the patient that was held back, as one letter; nothing when it holds no more.
Result<void> send_held_back(interaction::Act& act, const Settings& settings, storage::PatientKey patient);
Result<void> send_corrections(interaction::Act& act, const Settings& settings, storage::PatientKey patient);

}  // namespace varde::messaging
