#pragma once
/// @file server/care/emergency.h
/// Patient/[id]/$emergency-access ("blålys"): whoever gives care and has no care relation to the patient takes one, for
/// a while and with a reason. It is written down, and a Task asks somebody to look at it afterwards. Parameters:
/// `reason` (string). Answers Parameters with `until`. Faults: forbidden (no health personnel), required_missing (no
/// reason), not_found.
#include "server/interaction/route.h"

namespace varde::care {

interaction::Route emergency_access();

}  // namespace varde::care
