#pragma once
/// @file server/access/page_login.h
/// Logging in with a browser, for our own pages: OpenID Connect's code flow as a client of one issuer, and the session
/// that comes of it. Who somebody is, the access token says, as it would if a program had sent it.
/// Source: OpenID Connect Core 1.0 3.1, RFC 7636, RFC 9207, FAPI 2.0 Security Profile (own_client.h), OpenID Connect
/// RP-Initiated and Back-Channel Logout 1.0
/// Sessions live in the store (sessions.h), a login that is under way with the browser, sealed: every process knows
/// them. Threads: safe from any.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/access/authenticator.h"
#include "server/access/form.h"
#include "server/access/own_client.h"
#include "server/access/seen_proofs.h"
#include "server/access/sessions.h"

namespace varde::access {

class PageLogin {
 public:
  struct Settings {
    Issuer issuer;
    std::shared_ptr<KeySource> keys;                     ///< of the issuer
    std::string redirect;                                ///< "https://fhir.example.no/login/callback"
    std::shared_ptr<const OwnSigningKey> key = nullptr;  ///< that the client proves itself by; nullptr: it has none
    std::chrono::seconds idle{900}, longest{8 * 3600};   ///< a session without a request; any session
  };
  /// `logins`, `sessions` and `seen`, which knows what works once (a login under way, by its state; the issuer's words
  /// that somebody logged out, by `jti`), outlive this. `post`: how the issuer's endpoints are reached.
  PageLogin(Settings settings, Authenticator& logins, Sessions& sessions, SeenProofs& seen, OwnClient::Post post,
            std::function<Seconds()> now)
      : settings_(std::move(settings)),
        logins_(logins),
        sessions_(sessions),
        seen_(seen),
        client_(settings_.issuer, settings_.key, std::move(post), now),
        now_(std::move(now)) {}

  struct Begun {
    std::string address;  ///< of the issuer, where the browser goes
    Form parameters;
    std::string attempt;  ///< a cookie's value: the same browser must come back
  };
  /// `to`: where to afterwards, an address of ours; anything else is "/".
  /// Faults: the issuer takes no login, or too many are being announced to it just now.
  Checked<Begun> begin(const std::string& to);
  struct Done {
    std::string session;  ///< a cookie's value, new each time
    std::string to;
    std::shared_ptr<const Principal> who;
  };
  Checked<Done> finish(const Form& query, const std::string& attempt);
  /// nullptr: it is no session, or one that has ended. That it was used is written once a minute, so it may end as much
  /// earlier than it would have.
  std::shared_ptr<const Principal> who(const std::string& session);
  struct Ended {
    std::string address;  ///< of the issuer, where the browser ends its session there; empty: it has none
    Form parameters;
    std::shared_ptr<const Principal> who = nullptr;  ///< nullptr: there was no session
  };
  /// Faults: those of the store. The session goes on then.
  Result<Ended> end(const std::string& session);
  /// The issuer ends somebody's sessions. False: the token is not to be believed, or they cannot be ended now.
  bool end_by(const std::string& logout_token);

 private:
  struct Attempt {
    std::string state, nonce, verifier, to;
    Seconds until{};
    std::optional<OwnSigningKey> proving = std::nullopt;
  };
  std::string sealed(const Attempt& attempt) const;
  std::optional<Attempt> opened(const std::string& cookie) const;
  struct Said {
    Json claims;
    std::string algorithm;  ///< that it was signed by
  };
  enum class Kind : std::uint8_t { login, logout };
  Checked<Said> said_by(std::string_view token, Kind kind) const;
  Checked<Said> id_token(const Json& tokens, const Attempt& attempt, const std::string& code) const;
  Checked<Form> announced(Form parameters, const Attempt& attempt);
  /// Who it is by the claims of the access token, as the settings of today say.
  std::shared_ptr<const Principal> holder(const Session& session) const;
  Seconds end_of(const Session& session) const;

  const Settings settings_;
  Authenticator& logins_;
  Sessions& sessions_;
  SeenProofs& seen_;
  const OwnClient client_;
  const std::function<Seconds()> now_;
  std::atomic<int> announcing_ = 0;  ///< logins, just now
};

/// Whether it is an address of ours that a browser may be sent to.
bool is_own_address(const std::string& to);

}  // namespace varde::access
