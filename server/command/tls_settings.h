#pragma once
/// @file server/command/tls_settings.h
/// The settings of TLS (server/http/tls.h), and what is weak in how they are set.
/// Faults: those of the settings.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/command/config.h"

namespace varde::command {

Result<void> set_tls_certificate(Config& config, std::string_view file);
Result<void> set_tls_key(Config& config, std::string_view file);
Result<void> set_tls_authorities(Config& config, std::string_view file);
Result<void> set_tls_least(Config& config, std::string_view value);
Result<void> set_tls_clients(Config& config, std::string_view value);
std::string show_tls_certificate(const Config& config);
std::string show_tls_key(const Config& config);
std::string show_tls_authorities(const Config& config);
std::string show_tls_least(const Config& config);
std::string show_tls_clients(const Config& config);

/// Of "https://fhir.example.no:8443/fhir" the name or address alone.
std::string host_of(const std::string& base);
/// Whether the settings go together. What is in the files is asked where they are read.
Result<void> check_tls(const Config& config);
/// A sentence for each thing that is weaker than it should be; throws std::runtime_error where a file cannot be used.
std::vector<std::string> weak_tls(const Config& config);

}  // namespace varde::command
