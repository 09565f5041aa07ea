#pragma once
/// @file server/messaging/effect/record.h
/// What a message made is recorded with it, as a Provenance under the id of its Communication; a change or a
/// cancellation takes all of that back, whatever the message's type.
/// Source: HISD 1154:2018 §3, §4; https://hl7.org/fhir/R4/provenance.html
#include <string>
#include <string_view>
#include <vector>

#include "server/interaction/act.h"
#include "server/messaging/effect/effect.h"

namespace varde::messaging {

enum class Why { replaced, cancelled };

/// After everything is written. Nothing is recorded of a message that made nothing.
Result<void> record(Case&);
/// "Type/id" of what the message with that Communication made, in the order it was written.
std::vector<std::string> made_by(const interaction::View&, std::string_view communication_id);
/// Puts all that it made out of force, but for `except`: what another message goes on with. True when somebody has
/// begun with a Task of it, which is then left to that person.
Result<bool> take_back(Case&, std::string_view communication_id, Why why, const std::vector<std::string>& except = {});
/// DocumentReference.status of a message that is not in force.
std::string_view document_status(Why why);

}  // namespace varde::messaging
