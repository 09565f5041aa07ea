#pragma once
/// @file server/command/issuers.h
/// The settings of access: whose logins are taken, and what is weak in how it is set.
/// A file of issuers: `[name]` begins one, lines `key = value` follow (README of server/access).
/// Faults: those of the settings, each with its line.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/access/authenticator.h"
#include "server/access/issuer.h"
#include "server/access/signing_key.h"
#include "server/command/config.h"

namespace varde::command {

Result<std::vector<access::Issuer>> read_issuers(std::string_view text);
/// The private key that we prove ourselves by as its client; nullptr where none is set.
Result<std::shared_ptr<const access::OwnSigningKey>> client_key_of(const access::Issuer& issuer);
/// Of the file that the settings name; none where nobody has to log in.
Result<std::vector<access::Issuer>> issuers_of(const Config& config);

/// "https://fhir.example.no" of the public base.
std::string origin_of(const Config& config);
/// Whether we may listen as set: without logins on this machine alone, unless that is wanted in so many words.
Result<void> check_access(const Config& config);
/// A sentence for each setting that is weaker than it should be in a service with real patients.
std::vector<std::string> weak_settings(const Config& config, const std::vector<access::Issuer>& issuers);

/// `own_keys`: of the built-in authorization server, where it is one of them.
access::Authenticator::Settings authenticator_settings(const Config& config, std::vector<access::Issuer> issuers,
                                                       const access::FetchKeys& own_keys = {});

}  // namespace varde::command
