#pragma once
/// @file server/messaging/link.h
/// A person says whose a message is that the gateway could not connect by itself; then it does what its sender asked
/// for. Source: HIS 80415:2012 §3.3.4 (messages that are handled by hand before they are imported) Faults: not_found
/// (no such message, no such patient), business_rule (it is connected already, was refused, or is one of those we
/// sent).
#include <string>

#include "fhir-model/element/element.h"
#include "server/interaction/store.h"
#include "server/messaging/messaging.h"
#include "server/storage/storage.h"

namespace varde::messaging {

Result<void> link(interaction::Act& act, const Settings& settings, const std::string& communication_id,
                  const std::string& patient_id);

}  // namespace varde::messaging
