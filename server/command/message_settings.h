#pragma once
/// @file server/command/message_settings.h
/// Settings of the national messages: who we are to other parties, what is refused, and by which route messages go.
/// Faults: parameter_malformed, with what to write instead.
#include <string>
#include <string_view>

#include "server/command/config.h"

namespace varde::command {

/// A HER-id or another number of at most ten digits.
Result<void> set_digits(std::string& number, std::string_view value);
Result<void> set_her_ids(Config& config, std::string_view value);
std::string show_her_ids(const Config& config);
Result<void> set_routes(Config& config, std::string_view value);
std::string show_routes(const Config& config);
Result<void> set_unknown_service(Config& config, std::string_view value);
std::string show_unknown_service(const Config& config);
Result<void> set_synthetic_numbers(Config& config, std::string_view value);
std::string show_synthetic_numbers(const Config& config);
Result<void> set_test_messages(Config& config, std::string_view value);
std::string show_test_messages(const Config& config);
Result<void> set_telephone(Config& config, std::string_view value);
Result<void> set_responsible_hpr(Config& config, std::string_view value);
Result<void> set_organisation_her_id(Config& config, std::string_view value);

}  // namespace varde::command
