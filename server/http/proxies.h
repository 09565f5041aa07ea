#pragma once
/// @file server/http/proxies.h
/// What proxies in front of us say of a request: whose it was, and under which address it came to them. Believed is
/// only who stands in the setting trusted-proxies; whatever anybody else sends of the kind is passed over.
/// Source: https://www.rfc-editor.org/rfc/rfc7239 (Forwarded); X-Forwarded-For, -Proto, -Host, which it came from.
/// Pure; safe from any thread.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/http/wire.h"

namespace varde::http {

class Proxies {
 public:
  Proxies() = default;
  /// Addresses and networks: "10.0.0.7", "10.0.0.0/8", "2001:db8::/32".
  /// Faults: parameter_malformed.
  static Result<Proxies> of(const std::vector<std::string>& networks);

  bool trusts(std::string_view address) const;

  struct Said {
    std::string address;  ///< of the first on the way who is no proxy of ours; empty: not told
    std::string origin;   ///< "https://fhir.example.no"; empty: not told
  };
  /// Of a request that came from a trusted proxy. Of `Forwarded` and `X-Forwarded-...` the former is read alone.
  Said said_of(const Received& received) const;

 private:
  using Bytes = std::array<unsigned char, 16>;  ///< IPv4 as ::ffff:a.b.c.d
  struct Network {
    Bytes bytes;
    unsigned bits;
  };
  struct Hop {
    std::string from, proto, host;
  };
  static std::vector<Hop> hops(const Received& received);

  std::vector<Network> networks_;
};

}  // namespace varde::http
