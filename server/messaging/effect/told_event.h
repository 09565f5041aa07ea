#pragma once
/// @file server/messaging/effect/told_event.h
/// What the messages in force tell of a patient's stays is remembered on their Communications; where it contradicts
/// itself, a person is asked once, and no more when another message explains it.
#include <vector>

#include "server/messaging/effect/contradiction.h"
#include "server/messaging/effect/effect.h"

namespace varde::messaging {

/// All of the patient, this message's too, without what it replaces; in the order they came. Case::told is that.
std::vector<ToldEvent> told_events(const Case&);
/// This message, in force, tells of that. An event that cannot be dated right is not remembered.
void remember_told(Case&, HospitalEvent what);
/// One Task for each contradiction that nobody has been asked about; those that are none any more are withdrawn. The
/// Tasks belong to several messages, so they are not recorded as made by one.
Result<void> ask_about_contradictions(Case&);
/// Another of the sender's messages tells of that, and of a later time.
bool is_told_later(const Case&, HospitalEvent what, const time::Span& event);

/// An effect of the table with what goes before and after it.
template <HospitalEvent what, Result<void> (*happen)(Case&)>
Result<void> weighed(Case& c) {
  remember_told(c, what);
  c.told = told_events(c);
  return happen(c).and_then([&] { return ask_about_contradictions(c); });
}
template <Result<void> (*undo)(Case&, const Undone&)>
Result<void> weighed_again(Case& c, const Undone& undone) {
  c.told = told_events(c);
  return undo(c, undone).and_then([&] { return ask_about_contradictions(c); });
}

}  // namespace varde::messaging
