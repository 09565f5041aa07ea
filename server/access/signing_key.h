#pragma once
/// @file server/access/signing_key.h
/// A private key of ours, and the tokens that it signs. Source: RFC 7515, RFC 7517, RFC 7523
#include <cjose/jwk.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/access/json.h"

namespace varde::access {

class OwnSigningKey {
 public:
  OwnSigningKey();  ///< a new one, P-256; throws std::runtime_error where the library cannot
  /// A private JWK (EC or RSA); nullopt where the text is none.
  static std::optional<OwnSigningKey> read(std::string_view jwk);
  std::string private_text() const;  ///< JWK; who has it signs as we do
  std::string public_set() const;    ///< JWK set
  /// Compact JWS of the claims; `type` is its `typ`.
  std::string sign(const std::string& type, const Json& claims) const;
  /// Likewise, with the public key in its header (jwk): a proof of possession (RFC 9449 4.2).
  std::string prove(const Json& claims) const;
  std::string thumbprint() const;  ///< RFC 7638

 private:
  std::string written(bool whole) const;
  Json public_key() const;
  std::string signed_by(const Json& header, const Json& claims) const;
  OwnSigningKey(std::shared_ptr<cjose_jwk_t> key, std::string id, std::string algorithm)
      : key_(std::move(key)), id_(std::move(id)), algorithm_(std::move(algorithm)) {}
  std::shared_ptr<cjose_jwk_t> key_;
  std::string id_, algorithm_ = "ES256";
};

/// 43 letters of base64url, 256 bits that nobody can guess.
std::string unguessable();

}  // namespace varde::access
