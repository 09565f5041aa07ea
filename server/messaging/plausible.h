#pragma once
/// @file server/messaging/plausible.h
/// What the schemas let pass and cannot be all the same: a time of generation far from when it came, a HER-id that
/// Adresseregisteret cannot have given.
/// Source: HIS 80601:2006 (GenDate), HIS 1153-2:2016 (HER-id); answered as X99 (list 8221), as no other code fits.
/// Pure; any thread.
#include <optional>

#include "mappings/message.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// What the message is refused with: the element and the reason, in Norwegian and English. nullopt: nothing.
/// `received`: when it came.
std::optional<mappings::CodedError> implausible(const mappings::Message& message, storage::Instant received);

}  // namespace varde::messaging
