#pragma once
/// @file server/followup/touched.h
/// A reading that came late, was corrected or withdrawn changes what rules saw that look back on its time. Those
/// readings, and no others, are judged again, by the version of the plan that they were judged by: the final state does
/// not depend on the order of arrival.
#include "server/followup/evaluation.h"
#include "server/interaction/store.h"

namespace varde::followup {

/// On while readings are judged again for the sake of another.
struct Rejudging {
  bool on = false;
};

/// After `stored` and its measurements are written. Readings that say something else now are written anew.
Result<void> judge_touched(interaction::Act&, const interaction::Stored&, const Judgement&);

}  // namespace varde::followup
