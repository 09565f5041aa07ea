#pragma once
/// @file server/access/demo_login/demo_login.h
/// An authorization server for demonstrations and tests: whoever reaches it may be any of its fictitious users. It is
/// never on unless asked for, and on this machine alone. What it gives is what a real one gives: code flow with PKCE
/// (S256 alone), exact redirect addresses, launch context, ID tokens, refresh tokens that work once. Of a program that
/// has a key it demands what HelseID does: announced logins (PAR), private_key_jwt, DPoP with a nonce.
/// Source: RFC 6749, RFC 7636, RFC 9126, RFC 9207, RFC 9449, RFC 9700, OpenID Connect Core 1.0, SMART App Launch 2
/// Nothing is kept over a restart. Threads: safe from any.
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/access/demo_login/confidential.h"
#include "server/access/form.h"
#include "server/access/issuer.h"
#include "server/access/seen_proofs.h"
#include "server/access/signing_key.h"

namespace varde::access {

/// A program that may ask for tokens.
struct DemoClient {
  std::string id;
  std::vector<std::string> redirects;
  std::string keys = {};       ///< JWK set that it proves itself by; empty: it is a public one
  std::string keys_from = {};  ///< the file of them
};

/// What is answered: a page of choice, a redirect, or JSON.
struct DemoAnswer {
  int status = 200;
  std::string json = {};      ///< the body, where it is JSON
  std::string problem = {};   ///< told to the person, where nobody can be redirected to
  std::string redirect = {};  ///< an address, and what is added to its query
  Form parameters = {};
  std::string nonce = {};  ///< header DPoP-Nonce
  struct Choice {
    std::string request, client, redirect, scopes;
    bool asks_patient = false;  ///< the program wants a patient, and none is known yet
  };
  std::optional<Choice> choice = {};  ///< who logs in is to be asked
};

class DemoLogin {
 public:
  struct Settings {
    std::string origin;     ///< "http://127.0.0.1:8080"
    std::string fhir_base;  ///< the one audience of its tokens
    std::vector<DemoClient> clients;
  };
  DemoLogin(Settings settings, std::function<Seconds()> now) : settings_(std::move(settings)), now_(std::move(now)) {}

  /// Before the first request: one more program.
  void add(DemoClient client) { settings_.clients.push_back(std::move(client)); }
  /// Before the first request: who is told of an access token that is taken back, by its digest, and until when it
  /// would have been good.
  void tell_taken_back(std::function<void(const std::string& digest, Seconds until)> told) {
    taken_back_ = std::move(told);
  }

  Issuer issuer() const;  ///< as its own server trusts it
  std::string keys() const { return key_.public_set(); }

  DemoAnswer discovery() const;
  DemoAnswer key_set() const { return {.json = keys()}; }
  DemoAnswer authorize(const Form& query);  ///< whom to ask, or what is wrong
  DemoAnswer chosen(const Form& form);      ///< `request`, `user`, `patient`
  DemoAnswer push(const Form& form);        ///< RFC 9126
  /// `proof`: the header DPoP; empty: there is none, or more than one.
  DemoAnswer token(const Form& form, std::string_view proof = {});
  /// An EPJ's launch: `client_id`, `launch_uri` (of the origin of one of its redirects), `patient`.
  DemoAnswer launch(const Form& query);
  /// RP-initiated: back to the client, at one of its redirects' origins.
  DemoAnswer logout(const Form& query) const;

 private:
  struct Asked {
    std::string client, redirect, state, nonce, challenge, scopes, patient;
    std::string key;  ///< thumbprint that its tokens are bound to (dpop_jkt); empty: not said, or to none
  };
  struct Given {
    std::string user, patient, family;  ///< family: of all tokens that came of one code
    Asked asked;
  };
  const DemoClient* client(const std::string& id) const;
  std::optional<std::string> checked(const Form& query, Asked& asked);
  std::optional<std::string> asked_of(const DemoClient& known, const Form& query, Asked& asked);
  DemoAnswer tokens_for(const Given& given, const std::string& scopes);
  DemoAnswer by_code(const Form& form, const std::string& key);
  DemoAnswer by_refresh(const Form& form, const std::string& key);

  struct Entry {
    Given given;
    Seconds until{};
    bool used = false;
  };
  using Entries = std::map<std::string, Entry>;
  std::string keep(Entries& entries, Given given, std::chrono::seconds life);
  void forget(Entries& entries) const;
  void forget_family(const std::string& family);
  void note_token(const std::string& family, const std::string& token);

  Settings settings_;
  const std::function<Seconds()> now_;
  const OwnSigningKey key_;
  std::mutex mutex_;
  Entries requests_, codes_, refreshes_, launches_, pushed_;
  struct GivenToken {
    std::string family, digest;
    Seconds until{};
  };
  std::vector<GivenToken> tokens_;  ///< that are good still
  std::function<void(const std::string&, Seconds)> taken_back_ = [](const std::string&, Seconds) {};
  Confidential confidential_;
};

}  // namespace varde::access
