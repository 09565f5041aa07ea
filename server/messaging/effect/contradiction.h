#pragma once
/// @file server/messaging/effect/contradiction.h
/// Where the messages about a patient's stays in hospital contradict one another: judged on all that is told, so that
/// the order in which they came makes no difference.
/// Source: HIS 1149:2014 (what each of them says, and when it is sent).
/// Pure; any thread.
#include <optional>
#include <string>
#include <vector>

#include "norway/moment.h"

namespace varde::messaging {

enum class HospitalEvent : std::uint8_t { admitted, ready, not_ready, discharged, died };

/// What one message in force tells of.
struct ToldEvent {
  HospitalEvent what;
  time::Span when;
  std::string hospital;                 ///< the sender's organisation: its HER-id, else its name
  std::string sender;                   ///< for people
  std::optional<time::Span> generated;  ///< GenDate
  std::string mark;                     ///< names::kMessage of the message
};

struct Contradiction {
  std::string key;    ///< what contradicts what, and when: the same for a message sent again or changed elsewhere
  std::string words;  ///< Norwegian: both messages' kinds, times and senders, and what is asked
};

/// At most one for each event, in the order of the events. Two times that overlap (a day and an hour of it) do not
/// contradict: they may be in either order.
std::vector<Contradiction> contradictions(const std::vector<ToldEvent>& told);

/// "admitted"; what FHIR calls it in our extension.
std::string_view code_of(HospitalEvent what);
std::optional<HospitalEvent> hospital_event(std::string_view code);

}  // namespace varde::messaging
