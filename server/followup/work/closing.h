#pragma once
/// @file server/followup/work/closing.h
/// An open Task of ours is not closed but with an outcome, however it is written. What happens by itself (a reading
/// that is corrected, a pause that begins) says its reason and is not held to it; nor are the Tasks resume and pause,
/// whose completion is the answer.
/// Source: README.md, "Work". Faults: business_rule, in Norwegian first.
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup {

/// While it lives, what is written is our own doing and nobody's request.
class ByItself {
 public:
  explicit ByItself(interaction::Act& act) : act_(act) { ++act_.state<Depth>().value; }
  ~ByItself() { --act_.state<Depth>().value; }
  ByItself(const ByItself&) = delete;
  static bool is(interaction::Act& act) { return act.state<Depth>().value > 0; }

 private:
  struct Depth {
    int value = 0;
  };
  interaction::Act& act_;  // whose state moves when others join it
};

Result<void> check_closing(interaction::Act&, fhir::Element task, fhir::Element previous);
/// What was closed does not open again: what else there is to do is another Task.
Result<void> check_reopening(interaction::Act&, fhir::Element task, fhir::Element previous);
/// As long as it is open it is about the same patient, and is not made less urgent: nobody would look for it there.
Result<void> check_kept(interaction::Act&, fhir::Element task, const interaction::Pending&);
/// Nor is it deleted while it is open.
Result<void> check_deletion(interaction::Act&, const interaction::Stored&);

}  // namespace varde::followup
