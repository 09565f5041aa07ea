#pragma once
/// @file server/interaction/routes.h
/// Which handler answers which method and path: one table, which the HTTP rim and a batch's entries dispatch by, and
/// which the CapabilityStatement is printed from.
/// Source: https://hl7.org/fhir/R4/http.html#summary
#include <span>
#include <string>
#include <string_view>

#include "server/interaction/context.h"
#include "server/interaction/request.h"

namespace varde::interaction {

using Handler = Result<Response> (*)(const Request&, Context&);

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< {type} {id} {version} and literals, slash between; "" is the base
  Handler handler;
  std::string_view code;  ///< of http://hl7.org/fhir/restful-interaction; empty: not listed
  enum class Parameters : std::uint8_t { either, some } parameters = Parameters::either;  ///< some: only with a query
};

std::span<const Route> routes();

/// Sets type, id and version_id of the request and finds its route.
/// Faults: type_unknown, not_found (no such path), method_not_allowed (`allowed` then lists what the path takes).
Result<const Route*> route(Request& request, std::string& allowed);

}  // namespace varde::interaction
