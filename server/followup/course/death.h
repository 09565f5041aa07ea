#pragma once
/// @file server/followup/course/death.h
/// Whoever says that a patient has died, the follow-up does not go on as if nothing were: a Task asks to end it. It is
/// not ended by that alone, for what watches over somebody does not stop by a mistake in a register. A message of death
/// (messaging/effect/death) ends it and asks by itself.
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup {

Result<void> follow_death(interaction::Act&, const interaction::Stored& patient);

}  // namespace varde::followup
