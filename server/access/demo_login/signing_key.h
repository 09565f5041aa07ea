#pragma once
/// @file server/access/demo_login/signing_key.h
/// A key pair that lives as long as the process, and the tokens that it signs: ES256. Source: RFC 7515, RFC 7517
#include <cjose/jwk.h>

#include <memory>
#include <string>

#include "server/access/json.h"

namespace varde::access {

class OwnSigningKey {
 public:
  OwnSigningKey();                 ///< a new one; throws std::runtime_error where the library cannot
  std::string public_set() const;  ///< JWK set
  /// Compact JWS of the claims; `type` is its `typ`.
  std::string sign(const std::string& type, const Json& claims) const;

 private:
  std::shared_ptr<cjose_jwk_t> key_;
  std::string id_;
};

/// 43 letters of base64url, 256 bits that nobody can guess.
std::string unguessable();

}  // namespace varde::access
