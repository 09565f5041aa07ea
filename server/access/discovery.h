#pragma once
/// @file server/access/discovery.h
/// What clients are told of how to log in.
/// Source: https://build.fhir.org/ig/HL7/smart-app-launch/conformance.html,
///         https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.security
#include <string>
#include <vector>

#include "server/access/issuer.h"

namespace varde::access {

/// .well-known/smart-configuration, JSON: of the first issuer, for a client asks one.
std::string smart_configuration(const std::vector<Issuer>& issuers);
/// CapabilityStatement.rest.security, JSON.
std::string capability_security(const std::vector<Issuer>& issuers);

}  // namespace varde::access
