#pragma once
/// @file server/access/key.h
/// Public keys that signatures are checked with, and which algorithms they may be used for.
/// Source: RFC 7517 (JWK), RFC 7518 (algorithms), RFC 7638 (thumbprint), RFC 8725 (what goes wrong with JWTs)
#include <cjose/jwk.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/access/json.h"

namespace varde::access {

/// An algorithm that we know: asymmetric ones alone, so that a public key is never a secret (RFC 8725 2.1).
struct Algorithm {
  std::string_view name;   ///< "ES256"
  std::string_view kind;   ///< of the key: "EC", "RSA"
  std::string_view curve;  ///< of an EC key
  bool weak;               ///< RSASSA-PKCS1-v1_5: taken where an issuer's settings say so, and named as weak
};
const Algorithm* find_algorithm(std::string_view name);
std::string algorithm_names();

class Key {
 public:
  /// nullopt: not a public key of a kind that we know, one that is not for signatures, RSA below 2048 bits, or one that
  /// says more than a public key should (a private part).
  static std::optional<Key> read(const Json& jwk);

  const std::string& id() const { return id_; }                  ///< kid, may be empty
  const std::string& thumbprint() const { return thumbprint_; }  ///< RFC 7638, SHA-256, base64url
  bool fits(const Algorithm& algorithm) const;
  /// Whether the compact JWS is signed by it.
  bool verifies(std::string_view compact, const Algorithm& algorithm) const;

 private:
  std::shared_ptr<const cjose_jwk_t> jwk_;
  std::string id_, kind_, curve_, algorithm_, thumbprint_;
};

/// The usable keys of a JWK set; nullopt where the text is none.
std::optional<std::vector<Key>> read_key_set(std::string_view text);

}  // namespace varde::access
