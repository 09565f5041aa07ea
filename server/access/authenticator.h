#pragma once
/// @file server/access/authenticator.h
/// From the credentials of a request to who it is.
/// Source: RFC 6750 (Bearer), RFC 9068 (JWT access tokens), RFC 9449 (DPoP), RFC 8705 (bound by a certificate)
/// A token that was found genuine is remembered for a while by its digest: the next request with it costs a look-up.
/// Threads: safe from any.
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/access/dpop.h"
#include "server/access/issuer.h"
#include "server/access/key_source.h"
#include "server/access/principal.h"
#include "server/access/rate_limit.h"
#include "server/access/refusal.h"
#include "server/access/seen_proofs.h"

namespace varde::access {

/// What a request brings.
struct Credentials {
  std::vector<std::string_view> authorization, proofs;  ///< each header Authorization, each header DPoP
  std::string_view method, path;                        ///< the path with its leading slash, without query
  std::string_view certificate = {};  ///< base64url of the SHA-256 of the one that TLS has seen; empty: none
};

class Authenticator {
 public:
  struct Trusted {
    Issuer issuer;
    std::shared_ptr<KeySource> keys;
  };
  struct Settings {
    std::vector<Trusted> issuers;
    std::string origin;            ///< "https://fhir.example.no": what clients ask for, whatever stands before us
    std::string own_organisation;  ///< whose follow-up centre this is; may be empty
    std::size_t requests_per_second = 0;  ///< of one client; 0: any number
    bool sees_certificates = false;       ///< clients are asked for one
  };
  using Now = std::function<Seconds()>;
  /// `seen` outlives this.
  Authenticator(Settings settings, SeenProofs& seen, Now now);

  Checked<std::shared_ptr<const Principal>> who(const Credentials& credentials);
  /// Who an access token that was given to us for a session in a browser is about. `key`: thumbprint of our key that it
  /// must be bound to; empty: it is bound to nothing.
  Checked<std::shared_ptr<const Principal>> holder_of(std::string_view token, std::string_view key);
  /// A token is good no longer, however long it says. `digest`: its SHA-256; `until`: when it would have ended.
  void end(const std::string& digest, Seconds until);
  /// Whether it may ask once more just now: by its issuer, its program and itself.
  bool may_ask(const Principal& principal);
  /// The headers WWW-Authenticate that go with a refusal.
  std::vector<std::string> challenges(const Refusal& refusal) const;
  const Settings& settings() const { return settings_; }

 private:
  struct Login {
    std::shared_ptr<const Principal> principal;
    std::string key;          ///< thumbprint that it is bound to; empty: to none
    std::string certificate;  ///< likewise of a certificate
    bool bearer = false;
    Seconds until{};
  };
  Checked<Login> login_of(std::string_view token, Seconds now);
  Checked<Login> check(std::string_view token, Seconds now) const;
  void remember(std::string digest, const Login& login, Seconds now);

  const Settings settings_;
  SeenProofs& seen_;
  const Now now_;
  RateLimit rate_;
  std::shared_mutex mutex_;
  std::unordered_map<std::string, Login> known_;
  std::unordered_map<std::string, Seconds> ended_;  ///< until when they would have been good
};

}  // namespace varde::access
