#pragma once
/// @file server/messaging/effect/effect.h
/// What a message does to the patient's record and follow-up, per message type: one row, one file per kind.
/// Order of arrival is not order of events: what happened last decides, and a cancellation may come before its original
/// (acceptance criterion 22 of the PLO receive kits).
/// Sources: HIS 1149:2014 (logistics), HIS 1144:2014 (application/referral), HISD 1154:2018 (change and cancellation).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mappings/message.h"
#include "norway/moment.h"
#include "server/interaction/store.h"
#include "server/messaging/bundle_writer.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// One acceptable message about a known patient, inside the transaction that stores it.
struct Case {
  interaction::Act& act;
  const mappings::Message& message;
  BundleWriter& bundle;
  std::string patient_id;
  storage::PatientKey patient;
  std::string her;  ///< the sender's HER-id, or what stands for it (sender_key)
  fhir::Editor communication;
  std::string communication_id;
  std::vector<std::string> made = {};     ///< what the effects wrote beside the Bundle: "Task/12"
  std::vector<std::string> earlier = {};  ///< marks of the messages that this one replaces
  std::vector<std::string> kept = {};     ///< what those made and this one goes on with

  std::string mark() const;  ///< identifier of names::kMessage for this message
  std::string mark_of(std::string_view msg_id) const;
  std::string about() const { return "Communication/" + communication_id; }
};

/// The messages that a cancellation took back.
struct Undone {
  std::vector<std::string> marks;
  bool begun = false;  ///< somebody has begun with a Task that they raised
};

struct EffectRow {
  std::string_view type;     ///< list 8279
  std::string_view content;  ///< TypeInnhold that the row is about; empty: any
  std::string_view event;    ///< list 9121: the Hendelsekode that gives the message its time; empty: GenDate
  enum class Unknown { refuse, create } unknown_patient;
  /// latest: a new message of the same dialogue replaces the one before it, as a change does.
  enum class Again { another, latest } again;
  Result<void> (*happen)(Case&);               ///< N, A, M
  Result<void> (*undo)(Case&, const Undone&);  ///< C; what they made is taken back already, see record.h
};

bool has_effect(std::string_view type);
const EffectRow* effect_of(const mappings::Message& message);

/// When the event took place; GenDate when the message does not say.
time::Span event_of(const mappings::Message& message, std::string_view event);

Result<void> admit(Case&);
Result<void> undo_admission(Case&, const Undone&);
Result<void> ready_for_discharge(Case&);
Result<void> undo_ready_for_discharge(Case&, const Undone&);
Result<void> not_ready_for_discharge(Case&);
Result<void> undo_not_ready_for_discharge(Case&, const Undone&);
Result<void> discharge(Case&);
Result<void> undo_discharge(Case&, const Undone&);
Result<void> death(Case&);
Result<void> undo_death(Case&, const Undone&);
Result<void> referral(Case&);
Result<void> undo_referral(Case&, const Undone&);
Result<void> early_warning(Case&);
Result<void> undo_early_warning(Case&, const Undone&);
Result<void> file_letter(Case&);
Result<void> undo_letter(Case&, const Undone&);

/// Raises a Task about the message's patient; `focus` empty: the Communication. Returns its id. The Task is recorded as
/// made by the message.
Result<std::string> ask(Case&, std::string_view code, std::string_view priority, std::string description,
                        std::string focus = {});

}  // namespace varde::messaging
