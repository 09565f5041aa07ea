#pragma once
/// @file server/messaging/due.h
/// What waited for its time: a summary that the interval held back, a correction, a stay in hospital that begins.
#include <cstddef>

#include "server/interaction/store.h"
#include "server/messaging/messaging.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// Does what is due now, each in a transaction of its own. Returns how much.
std::size_t do_what_is_due(const interaction::Repository& repository, const Settings& settings);

}  // namespace varde::messaging
