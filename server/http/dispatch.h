#pragma once
/// @file server/http/dispatch.h
/// From an HTTP request to the handler that answers it: FHIR routes, operations, plain routes.
#include <string>
#include <vector>

#include "server/http/server.h"
#include "server/http/wire.h"
#include "server/interaction/capabilities.h"

namespace varde::http {

class Dispatch {
 public:
  Dispatch(interaction::Context& context, std::vector<operation::Operation> operations, std::vector<PlainRoute> plain);

  /// `base`: public FHIR base. A Failure becomes an OperationOutcome here; what throws is the caller's to catch.
  interaction::Response answer(const Received& received, const std::string& base) const;

 private:
  interaction::Response answer_fhir(interaction::Request& request) const;
  Result<interaction::Response> handle_fhir(interaction::Request& request, std::string& allowed) const;
  Result<interaction::Response> operate(interaction::Request& request, std::string& allowed) const;
  interaction::Response answer_plain(const interaction::Request& request, std::string_view path) const;

  interaction::Context& context_;
  std::vector<operation::Operation> operations_;
  std::vector<interaction::OfferedOperation> offered_;
  std::vector<PlainRoute> plain_;
};

}  // namespace varde::http
