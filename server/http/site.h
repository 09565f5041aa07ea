#pragma once
/// @file server/http/site.h
/// Whose requests we answer. A page in somebody's browser must neither reach us under a name that is not ours
/// (DNS rebinding) nor change anything here from another site.
/// Sources: RFC 9110 7.4 (421), https://fetch.spec.whatwg.org/#origin-header,
///          https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/http/wire.h"

namespace varde::http {

class Site {
 public:
  /// `names`: host names besides the loopback names and addresses, which are always ours; "*" for any.
  /// `base`: our public FHIR base; its host is ours, and pages from there may write.
  Site(std::vector<std::string> names, std::string_view base);

  /// Faults: misdirected (the Host is not ours), forbidden (a write that a page of another site asks for).
  /// `from_friend`: the page that asks is of a site that may call us.
  Result<void> admits(const Received& request, bool from_friend) const;
  bool is_https_elsewhere() const;  ///< we are asked by https, under a name that other machines know

 private:
  bool is_ours(std::string_view host) const;
  std::vector<std::string> names_;
  std::string origin_;  ///< of the base: "https://fhir.example.no"
};

}  // namespace varde::http
