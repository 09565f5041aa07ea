#pragma once
/// @file server/messaging/effect/effect.h
/// What a message does to the patient's record and follow-up, per message type: one row, one file per kind.
/// Order of arrival is not order of events: what happened last decides, and a cancellation may come before its original
/// (acceptance criterion 22 of the PLO receive kits).
/// Sources: HIS 1149:2014 (logistics), HIS 1144:2014 (application/referral), HISD 1154:2018 (change and cancellation).
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mappings/message.h"
#include "server/interaction/store.h"
#include "server/messaging/bundle_writer.h"
#include "server/messaging/moment.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// One acceptable message about a known patient, inside the transaction that stores it.
struct Case {
  storage::Transaction& db;
  interaction::Store& store;
  const mappings::Message& message;
  BundleWriter& bundle;
  std::string patient_id;
  storage::PatientKey patient;
  std::string her;           ///< the sender's HER-id
  fhir::Editor communication;
  std::string communication_id;

  std::string mark() const;                        ///< identifier of names::kMessage for this message
  std::string mark_of(std::string_view msg_id) const;
  std::string about() const { return "Communication/" + communication_id; }
};

struct EffectRow {
  std::string_view type;                  ///< list 8279
  std::string_view event;                 ///< list 9121: the Hendelsekode that gives the message its time; empty: GenDate
  enum class Unknown { refuse, create } unknown_patient;
  Result<void> (*happen)(Case&);          ///< N, A, M
  Result<void> (*undo)(Case&, std::string_view mark);   ///< C, with the mark of the original
};

std::span<const EffectRow> effects();
const EffectRow* effect_of(std::string_view type);

/// When the event took place; GenDate when the message does not say.
Span event_of(const mappings::Message& message, std::string_view event);

Result<void> admit(Case&);
Result<void> undo_admission(Case&, std::string_view mark);
Result<void> ready_for_discharge(Case&);
Result<void> undo_ready_for_discharge(Case&, std::string_view mark);
Result<void> not_ready_for_discharge(Case&);
Result<void> undo_not_ready_for_discharge(Case&, std::string_view mark);
Result<void> discharge(Case&);
Result<void> undo_discharge(Case&, std::string_view mark);
Result<void> death(Case&);
Result<void> undo_death(Case&, std::string_view mark);
Result<void> referral(Case&);
Result<void> undo_referral(Case&, std::string_view mark);
Result<void> file_letter(Case&);
Result<void> undo_letter(Case&, std::string_view mark);

/// Raises a Task about the message's patient; `focus` empty: the Communication. Returns its id.
Result<std::string> ask(Case&, std::string_view code, std::string_view priority, std::string description,
                        std::string focus = {});
/// Cancels a Task nobody has begun with; false when somebody has (then it is left to that person).
Result<bool> withdraw(Case&, std::string_view task_id);

}  // namespace varde::messaging
