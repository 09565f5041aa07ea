#pragma once
/// @file server/command/service_settings.h
/// Settings of the follow-up centre: opening hours, response times, what goes to the journal by itself.
/// Faults: parameter_malformed, with what to write instead.
#include <string>
#include <string_view>

#include "server/command/config.h"

namespace varde::command {

/// "mon-thu 08:00-15:30, fri 08:00-15:00, holidays 10:00-14:00"; what is not named is closed.
Result<void> set_opening_hours(Config& config, std::string_view value);
std::string show_opening_hours(const Config& config);
/// "red=30min yellow=shift not-done=2shifts grey=14d"; what is not named is as usual.
Result<void> set_response_times(Config& config, std::string_view value);
std::string show_response_times(const Config& config);
Result<void> set_journal(Config& config, std::string_view value);
std::string show_journal(const Config& config);

}  // namespace varde::command
