#pragma once
/// Keys and tokens that a test makes itself, good ones and bad ones.
#include <cjose/cjose.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace varde::test {

/// A key pair of the test's own.
class SigningKey {
 public:
  enum class Kind { ec256, ec384, rsa2048, rsa1024 };
  explicit SigningKey(Kind kind = Kind::ec256, std::string kid = "k1");
  std::string public_jwk() const;
  std::string private_jwk() const;
  std::string thumbprint() const;
  std::string kid() const { return kid_; }
  /// `header` and `claims` are JSON objects; alg must be in the header.
  std::string sign(std::string_view header, std::string_view claims) const;

 private:
  std::shared_ptr<cjose_jwk_t> key_;
  std::string kid_;
};

std::string key_set(std::initializer_list<const SigningKey*> keys);

/// An access token as a good issuer makes it, each part of which a test may spoil.
struct Token {
  std::string typ = "at+jwt", alg = "ES256", kid = "k1", more_header;  ///< more_header: `,"jku":"…"`
  std::string iss = "https://sts.example", aud = "varde", sub = "person-1", client_id = "client-1";
  std::string scope = "user/*.cruds";
  std::int64_t iat = 1'000'000, nbf = 1'000'000, exp = 1'000'600;
  std::string jkt;   ///< bound to that key; empty: to none
  std::string x5t;   ///< likewise to that certificate
  std::string more;  ///< `,"role":"nurse"`
  std::string header() const;
  std::string claims() const;
  std::string by(const SigningKey& key) const { return key.sign(header(), claims()); }
};

struct Proof {
  std::string typ = "dpop+jwt", alg = "ES256", jwk;  ///< empty: the signing key's public one
  std::string htm = "GET", htu = "https://fhir.example/fhir/Patient/p", jti = "j1", ath;
  std::int64_t iat = 1'000'000;
  std::string without;  ///< a claim to leave out
  std::string by(const SigningKey& key, std::string_view token) const;
};

}  // namespace varde::test
