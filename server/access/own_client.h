#pragma once
/// @file server/access/own_client.h
/// Ourselves as a client of one issuer: what is asked of its endpoints, and how we prove who we are and which key the
/// tokens are to be bound to.
/// Source: RFC 6749, RFC 7523 (private_key_jwt), RFC 9126 (pushed requests), RFC 9449 5, 8 and 10 (DPoP, its nonces),
///         FAPI 2.0 Security Profile
/// Threads: safe from any.
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "server/access/fetch.h"
#include "server/access/form.h"
#include "server/access/issuer.h"
#include "server/access/refusal.h"
#include "server/access/seen_proofs.h"
#include "server/access/signing_key.h"

namespace varde::access {

class OwnClient {
 public:
  /// `proof`: the header DPoP; empty: none. nullopt: no answer.
  using Post =
      std::function<std::optional<Posted>(const std::string& address, const Form& form, const std::string& proof)>;
  /// `key`: that we prove ourselves by; nullptr: by none, as a public client.
  OwnClient(Issuer issuer, std::shared_ptr<const OwnSigningKey> key, Post post, std::function<Seconds()> now);

  /// The key that a login's code and tokens are to be bound to, a new one for each; none where the issuer binds none.
  std::optional<OwnSigningKey> proving_key() const;
  /// The login's parameters, announced: the request_uri that stands for them.
  /// Faults: the issuer does not take it, with the code that it says.
  Checked<std::string> push(Form parameters, const std::optional<OwnSigningKey>& proving) const;
  Checked<Json> tokens(Form form, const std::optional<OwnSigningKey>& proving) const;

 private:
  void authenticate(Form& form, const std::string& endpoint) const;
  std::string proof_for(const std::string& address, const OwnSigningKey& proving) const;
  std::optional<Posted> proven_post(const std::string& address, const Form& form, const OwnSigningKey& proving) const;
  void learn_nonce(const std::string& nonce) const;

  const Issuer issuer_;
  const std::shared_ptr<const OwnSigningKey> key_;
  const Post post_;
  const std::function<Seconds()> now_;
  mutable std::mutex mutex_;
  mutable std::string nonce_;  ///< the newest that the token endpoint gave
};

}  // namespace varde::access
