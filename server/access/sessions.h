#pragma once
/// @file server/access/sessions.h
/// Where logins of our own pages are kept: for all processes, and over a restart. One that is under way is kept by the
/// browser, sealed.
/// Faults: what the store has for a write (busy). Threads: safe from any.
#include <optional>
#include <string>

#include "fhir-model/fault/fault.h"
#include "server/access/json.h"
#include "server/access/seen_proofs.h"

namespace varde::access {

/// Of the issuer: for whom and for which login of theirs a session is. `session` (sid) or, where a word is about all or
/// any of them, either one may be empty.
struct IssuersWord {
  std::string issuer, subject, session;
};

struct Session {
  Json claims;           ///< of the access token that it began with: who it is, they say
  std::string id_token;  ///< of the issuer, to log out there
  Seconds begun{}, used{};
};

class Sessions {
 public:
  virtual ~Sessions() = default;
  /// `cookie`: what the browser holds; not kept. `ends`: when it is over, unless it is used.
  virtual Result<void> keep(const std::string& cookie, const Session& session, const IssuersWord& of, Seconds ends) = 0;
  /// nullopt: there is none that this cookie opens.
  virtual std::optional<Session> find(const std::string& cookie) const = 0;
  virtual void use(const std::string& cookie, Seconds used, Seconds ends) = 0;  ///< where it can be written
  virtual Result<void> end(const std::string& cookie) = 0;
  virtual Result<void> end_of(const IssuersWord& of) = 0;

  /// What a browser holds for us: every process opens it, and nobody else can read or make it.
  virtual std::string seal(const std::string& text) const = 0;
  virtual std::optional<std::string> open(const std::string& sealed) const = 0;  ///< nullopt: it is none of ours
};

}  // namespace varde::access
