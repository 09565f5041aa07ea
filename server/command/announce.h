#pragma once
/// @file server/command/announce.h
/// What a command does to the store beside the server is told in the audit log, where there is one.
#include <chrono>
#include <string>

#include "fhir-model/time/system_clock.h"
#include "server/audit/announcements.h"
#include "server/command/config.h"

namespace varde::command {

/// Before it is done. Throws where it cannot be told: then it must not be done.
inline void announce(const Config& config, const std::string& event, const std::string& what) {
  const bool audited = config.access == Config::Access::oauth || config.access == Config::Access::demo_login;
  if (audited) audit::announce(config.data, event, what, time::system_now());
}

}  // namespace varde::command
