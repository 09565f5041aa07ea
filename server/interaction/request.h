#pragma once
/// @file server/interaction/request.h
/// A FHIR request and its answer, free of any HTTP library.
/// Source: https://hl7.org/fhir/R4/http.html
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/budget/budget.h"
#include "fhir-model/definitions/definitions.h"
#include "fhir-model/fault/fault.h"
#include "server/access/circumstances.h"
#include "server/access/principal.h"

namespace varde::interaction {

using Parameters = std::vector<std::pair<std::string, std::string>>;  ///< decoded, in order, repeats kept

/// Until logins are configured, whoever reaches the rim.
inline const std::shared_ptr<const access::Principal> kAnybody =
    std::make_shared<const access::Principal>(access::anybody());

struct Request {
  std::string method;             ///< GET, POST, PUT, PATCH, DELETE, HEAD
  std::vector<std::string> path;  ///< decoded segments below the base: {"Observation", "1", "_history"}
  Parameters query;               ///< of the URL, and of a form body for POST _search
  std::string body;
  std::string content_type, accept, prefer, if_match, if_none_match, if_none_exist, if_modified_since,
      if_unmodified_since, security_context;
  std::string media;    ///< a form beside FHIR's that the answer is wanted in, of those that the route offers
  bool native = false;  ///< of a read: the bytes that a Binary holds, not the resource
  std::string base;     ///< configured public base without trailing slash: "http://127.0.0.1:8080/fhir"
  fhir::TypeId type = fhir::TypeId::none;  ///< set by the router when the path starts with a resource type
  std::string id, version_id;              ///< set by the router when the route has them
  /// Who asks; never null.
  std::shared_ptr<const access::Principal> principal = kAnybody;
  access::Circumstances circumstances;
  /// What answering may cost; a Bundle's entries share the Bundle's. Never null.
  std::shared_ptr<Budget> budget = std::make_shared<Budget>();
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/fhir+json; charset=utf-8";
  std::string etag, location, last_modified;
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< further ones
};

/// The OperationOutcome and status of a Failure, by the fault table.
Response outcome(const Failure& failure);
/// JSON text of the OperationOutcome alone (for Bundle entries and message receipts).
std::string outcome_json(const Failure& failure);

}  // namespace varde::interaction
