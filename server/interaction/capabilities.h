#pragma once
/// @file server/interaction/capabilities.h
/// The CapabilityStatement, printed from the tables that the server runs by.
/// Source: https://hl7.org/fhir/R4/capabilitystatement.html
#include <span>
#include <string>
#include <string_view>

#include "server/interaction/route.h"

namespace varde::interaction {

struct Software {
  std::string_view version, released;  ///< "0.1.0", "2026-11-22"
};

std::string capabilities(const std::string& base, const Software& software, std::span<const Route> routes,
                         const Context& context, const search::OwnParameters& own);

}  // namespace varde::interaction
