#pragma once
/// @file server/command/letter_settings.h
/// Settings of what leaves the house by itself: which letters, how long they wait, who is the journal system.
/// Faults: parameter_malformed, with what to write instead.
#include <string>
#include <string_view>

#include "server/command/config.h"

namespace varde::command {

/// "service-notice gp-history=1h green-results=24h:chosen"; "none": no letter.
Result<void> set_letters(Config& config, std::string_view value);
std::string show_letters(const Config& config);
/// "8100002 Varde kommune, EPJ": HER-id and name.
Result<void> set_epj(Config& config, std::string_view value);
std::string show_epj(const Config& config);
/// https, or http on this machine.
Result<void> set_epj_url(Config& config, std::string_view value);

}  // namespace varde::command
