#pragma once
/// @file server/access/rules.h
/// What somebody may do at all. Asked by the dispatcher for every request, every page and every entry of a Bundle,
/// before its handler runs; of whom something is, is asked where it is read or written (server/interaction/sight.h).
/// Faults: forbidden.
#include <cstdint>
#include <span>
#include <string_view>

#include "fhir-model/definitions/definitions.h"
#include "fhir-model/fault/fault.h"
#include "server/access/grant.h"
#include "server/access/principal.h"

namespace varde::access {

/// What is asked for, as the route says it.
struct Ask {
  std::string_view method;   ///< GET, POST ...
  std::string_view pattern;  ///< of the route: "{type}/{id}", "Patient/{id}/$trend"
  fhir::TypeId type = fhir::TypeId::none;
  std::string_view id = {};
};

/// What an address takes of whoever asks.
struct NeedRow {
  enum class Need : std::uint8_t {
    nothing,     ///< nobody has to say who it is
    login,       ///< a login; what it may see and do is asked for each resource
    rights,      ///< rights over a type
    everybody,   ///< rights over a type, of whomever: it cannot be held to some patients
    everything,  ///< what no login gives: it cannot be held to some patients
    messages,    ///< the message log
    send_messages,
    audit,  ///< who did what
  };
  std::string_view methods, pattern;  ///< as of a route; a plain address begins with a slash
  Need need;
  Rights rights = 0;           ///< one of them
  std::string_view type = {};  ///< other than the one in the path
};
std::span<const NeedRow> needs();
/// nullptr: no row, and nobody who logs in may go there.
const NeedRow* need_of(std::string_view method, std::string_view pattern);

Result<void> admit(const Principal&, const Ask&);

}  // namespace varde::access
