#pragma once
/// @file mappings/msghead/plausible.h
/// What the schemas let pass and cannot be all the same: a time of generation far from when it came, a HER-id that
/// Adresseregisteret cannot have given.
/// Source: HIS 80601:2006 (GenDate), HIS 1153-2:2016 (HER-id); answered as X99 (list 8221), as no other code fits.
/// Pure; any thread.
#include <optional>

#include "fhir-model/time/zone.h"
#include "mappings/message.h"

namespace varde::mappings {

/// What the message is refused with: the element and the reason, in Norwegian and English. nullopt: nothing.
/// `received`: when it came.
std::optional<CodedError> implausible(const Message& message, time::Instant received);

}  // namespace varde::mappings
