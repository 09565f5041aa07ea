#pragma once
/// @file server/messaging/effect/effect.h
/// What a message does to the patient's record and follow-up, per message type: one file each.
/// Order of arrival is not order of events: what happened last decides, and a cancellation may come before its original
/// (acceptance criterion 22 of the PLO receive kits).
/// Sources: HIS 1149:2014 (logistics), HIS 1144:2014 (application/referral), HISD 1154:2018 (change and cancellation).
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mappings/message.h"
#include "norway/moment.h"
#include "server/interaction/store.h"
#include "server/messaging/bundle_writer.h"
#include "server/messaging/effect/contradiction.h"
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
  std::vector<ToldEvent> told = {};  ///< of a message about a stay: all that is told of the patient's, see told_event.h

  std::string mark() const;  ///< identifier of names::kMessage for this message
  std::string mark_of(std::string_view msg_id) const;
  std::string about() const { return "Communication/" + communication_id; }
};

/// The messages that a cancellation took back.
struct Undone {
  std::vector<std::string> marks;
  bool begun = false;  ///< somebody has begun with a Task that they raised
};

/// What a type of message does, by what the message says its content is.
struct EffectRow {
  std::string_view content;  ///< TypeInnhold that the row is about; empty: any
  enum class Unknown { refuse, create } unknown_patient;
  /// latest: a new message of the same dialogue replaces the one before it, as a change does.
  enum class Again { another, latest } again;
  Result<void> (*happen)(Case&);               ///< N, A, M
  Result<void> (*undo)(Case&, const Undone&);  ///< C; what they made is taken back already, see record.h
};

/// A type's rows; the first that fits counts. The table of message types (mappings/message_types.inc) names one by its
/// own name; the file that defines it is all there is.
using Effects = std::span<const EffectRow>;
#define MESSAGE_TYPE(code, name, direction, about, event, branch, mapping, effect) extern const Effects effect;
#include "mappings/message_types.inc"
#undef MESSAGE_TYPE

Effects effects_of(std::string_view type);
bool has_effect(std::string_view type);
const EffectRow* effect_of(const mappings::Message& message);

/// When the event of list 9121 took place; GenDate when the message does not say.
time::Span event_of(const mappings::Message& message, std::string_view event);
/// When that took place which the message is about, as its type's row says.
time::Span event_of(const mappings::Message& message);

/// Raises a Task about the message's patient; `focus` empty: the Communication. Returns its id. The Task is recorded as
/// made by the message.
Result<std::string> ask(Case&, std::string_view code, std::string_view priority, std::string description,
                        std::string focus = {});

}  // namespace varde::messaging
