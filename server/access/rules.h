#pragma once
/// @file server/access/rules.h
/// What somebody may do. Asked by the dispatcher for every request and every entry of a Bundle, before its handler
/// runs. Faults: those of the rule that refuses.
#include <string_view>

#include "fhir-model/definitions/definitions.h"
#include "fhir-model/fault/fault.h"
#include "server/access/principal.h"

namespace varde::access {

/// What is asked for, as the route says it.
struct Ask {
  std::string_view method;   ///< GET, POST ...
  std::string_view pattern;  ///< of the route: "{type}/{id}", "Patient/{id}/$trend"
  fhir::TypeId type = fhir::TypeId::none;
  std::string_view id = {};
};

/// The first rule that has an opinion decides.
Result<void> admit(const Principal&, const Ask&);

}  // namespace varde::access
