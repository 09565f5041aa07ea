#pragma once
/// @file server/care/named.h
/// Keeps whom the resources name that may tell of several patients (server/interaction/named.h), for who searches and
/// may not see everybody. Found out when such a resource is written, once more when something that it refers to is
/// stored later, and when something of a patient whom it names becomes another's.
#include "server/interaction/store.h"

namespace varde::care {

/// With a write.
void note_named(interaction::Act&, const interaction::Stored& stored);
/// Of what was stored before.
void note_named(interaction::Act&, const storage::Version& current);

}  // namespace varde::care
