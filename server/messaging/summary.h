#pragma once
/// @file server/messaging/summary.h
/// One summary to the GP instead of five fragments: why we write, the last measurements as a table, the limits in
/// force. An alert only stores the intent to tell (storage/due.h: whose, which Observation, when), in its own
/// transaction; the clock's thread drafts the letter beside the writer when it is due, and posts it in the transaction
/// that removes the intent. Source: HIS 1145:2014.
#include <string>
#include <string_view>

#include "server/clock/clock.h"
#include "server/followup/followup.h"
#include "server/interaction/store.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/messaging.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// `drafted` by draft (gp_letter.h), and anew where what it was made of has changed. Returns the MsgId. Faults: as
/// draft.
Result<std::string> send_summary(interaction::Act& act, const Settings& settings, Draft& drafted,
                                 const std::string& patient_id, std::string_view reason);

/// A red alert was raised in this transaction. At most one summary per Settings::summary_interval and patient: what
/// comes within it is held back and sent together when it ends.
void intend_to_tell(interaction::Act& act, const Settings& settings, const followup::RedAlert& alert);
/// A reading was corrected: when a letter has told of it, the GP is to hear that too.
void note_correction(interaction::Act& act, const followup::Correction& correction);

/// Everything about the patient that the GP is to be told of, as one letter; what was corrected meanwhile is left out,
/// and nothing is sent where nothing is left. What keeps a letter from being made becomes one technical Task per
/// patient.
Result<clock::Handler> prepare_summary(const interaction::View& view, const Settings& settings,
                                       storage::PatientKey patient);
Result<clock::Handler> prepare_correction(const interaction::View& view, const Settings& settings,
                                          storage::PatientKey patient);

}  // namespace varde::messaging
