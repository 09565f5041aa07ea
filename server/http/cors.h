#pragma once
/// @file server/http/cors.h
/// Which pages of other sites may call us from a browser: a SMART app that a clinician opens, and none that nobody
/// named. Origins are named one by one; there is no "any", for what is answered is health data.
/// Source: https://fetch.spec.whatwg.org/#http-cors-protocol, https://hl7.org/fhir/R4/security.html#cors
#include <string>
#include <string_view>
#include <vector>

#include "server/http/wire.h"
#include "server/interaction/request.h"

namespace varde::http {

class Cors {
 public:
  /// "https://app.example.no", scheme and host and, where it is not the scheme's own, port.
  explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  bool allows(std::string_view origin) const;
  /// Lets the page that asked see the answer, if it may.
  void open(const Received& request, interaction::Response& response) const;
  /// Whether a browser asks beforehand what it may ask.
  static bool is_preflight(const Received& request);
  /// What it gets: `allowed` methods and the headers that FHIR and OAuth use; nothing where the origin is unknown.
  interaction::Response preflight(const Received& request, std::string_view allowed) const;

 private:
  std::vector<std::string> origins_;
};

}  // namespace varde::http
