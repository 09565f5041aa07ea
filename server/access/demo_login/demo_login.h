#pragma once
/// @file server/access/demo_login/demo_login.h
/// An authorization server for demonstrations and tests: whoever reaches it may be any of its fictitious users. It is
/// never on unless asked for, and on this machine alone. What it gives is what a real one gives: code flow with PKCE
/// (S256 alone), exact redirect addresses, launch context, ID tokens, refresh tokens that work once.
/// Source: RFC 6749, RFC 7636, RFC 9207, RFC 9700, OpenID Connect Core 1.0, SMART App Launch 2
/// Nothing is kept over a restart. Threads: safe from any.
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/access/form.h"
#include "server/access/issuer.h"
#include "server/access/seen_proofs.h"
#include "server/access/signing_key.h"

namespace varde::access {

/// A program that may ask for tokens; it has no secret.
struct DemoClient {
  std::string id;
  std::vector<std::string> redirects;
};

/// What is answered: a page of choice, a redirect, or JSON.
struct DemoAnswer {
  int status = 200;
  std::string json = {};      ///< the body, where it is JSON
  std::string problem = {};   ///< told to the person, where nobody can be redirected to
  std::string redirect = {};  ///< an address, and what is added to its query
  Form parameters = {};
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

  Issuer issuer() const;  ///< as its own server trusts it
  std::string keys() const { return key_.public_set(); }

  DemoAnswer discovery() const;
  DemoAnswer key_set() const { return {.json = keys()}; }
  DemoAnswer authorize(const Form& query);  ///< whom to ask, or what is wrong
  DemoAnswer chosen(const Form& form);      ///< `request`, `user`, `patient`
  DemoAnswer token(const Form& form);
  /// An EPJ's launch: `client_id`, `launch_uri` (of the origin of one of its redirects), `patient`.
  DemoAnswer launch(const Form& query);
  /// RP-initiated: back to the client, at one of its redirects' origins.
  DemoAnswer logout(const Form& query) const;

 private:
  struct Asked {
    std::string client, redirect, state, nonce, challenge, scopes, patient;
  };
  struct Given {
    std::string user, patient, family;  ///< family: of all tokens that came of one code
    Asked asked;
  };
  const DemoClient* client(const std::string& id) const;
  std::optional<std::string> checked(const Form& query, Asked& asked);
  DemoAnswer tokens_for(const Given& given, const std::string& scopes);
  DemoAnswer by_code(const Form& form);
  DemoAnswer by_refresh(const Form& form);

  struct Entry {
    Given given;
    Seconds until{};
    bool used = false;
  };
  using Entries = std::map<std::string, Entry>;
  std::string keep(Entries& entries, Given given, std::chrono::seconds life);
  void forget(Entries& entries) const;
  void forget_family(const std::string& family);

  const Settings settings_;
  const std::function<Seconds()> now_;
  const OwnSigningKey key_;
  std::mutex mutex_;
  Entries requests_, codes_, refreshes_, launches_;
};

}  // namespace varde::access
