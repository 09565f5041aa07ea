#pragma once
/// @file server/messaging/effect/series.h
/// The messages that are one document: the original, its changes and its cancellation, from one sender, of one type,
/// about one patient, in whatever order they came.
/// Sources: HISD 1154:2018 §4, HITS 1218:2019 (ConversationRef), acceptance criteria 21 and 22 of the PLO receive kits.
#include <optional>
#include <string>
#include <vector>

#include "norway/moment.h"
#include "server/messaging/effect/effect.h"

namespace varde::messaging {

struct Member {
  std::string communication_id, mark;
  std::string status;                   ///< list 7309
  std::optional<time::Span> generated;  ///< GenDate
  std::string patient;                  ///< "Patient/12"; empty while nobody has connected it
  bool cancelled = false;               ///< taken back already
  bool is_cancellation() const { return status == "C"; }
};

/// The others of the document that this message belongs to, as far as they have come. Remembers on the Communication
/// what the message is about, so that those which come later find it.
Result<std::vector<Member>> series_of(Case&, const EffectRow&);
/// Once the patient is certain: lets a cancellation without reference (PLO 1.5) find the message by what it tells of.
void remember_event(Case&);
/// Some message from this sender with one of the MsgIds that this one refers to is about another patient.
bool refers_to_another_patient(const Case&);

}  // namespace varde::messaging
