#pragma once
/// @file server/access/demo_login/confidential.h
/// What the built-in authorization server demands of a program that has a key: that it proves who it is and which key
/// its tokens are bound to, as HelseID demands of all.
/// Source: RFC 7523 3, RFC 9449 5 and 8, FAPI 2.0 Security Profile 5.3.2
#include <mutex>
#include <string>
#include <string_view>

#include "server/access/form.h"
#include "server/access/refusal.h"
#include "server/access/seen_proofs.h"

namespace varde::access {

inline constexpr std::string_view kInvalidClient = "invalid_client";

class Confidential {
 public:
  /// `client_assertion` of the form: signed by one of the keys (a JWK set), made for `issuer` alone, used once.
  Checked<void> authenticated(const Form& form, const std::string& client, const std::string& keys,
                              const std::string& issuer, Seconds now);
  /// Thumbprint of the key that made the proof; kUseNonce where it lacks the nonce of nonce().
  Checked<std::string> key_of(std::string_view proof, const std::string& address, Seconds now);
  std::string nonce(Seconds now);  ///< the newest; it and the one before are taken

 private:
  std::mutex mutex_;
  SeenProofs seen_{{}, 10'000};
  std::string newest_, before_;
  Seconds made_{};
};

}  // namespace varde::access
