#pragma once
/// @file server/access/issuer.h
/// An authorization server whose access tokens are taken, as the settings describe it, and how what its tokens say is
/// understood here. Nothing of it ever comes from a token.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace varde::access {

/// Which way of presenting a token is taken.
enum class Presented : std::uint8_t { dpop, bearer };

struct Issuer {
  std::string name;                                    ///< in the settings and the audit log
  std::string issuer;                                  ///< `iss`, to the letter
  std::string audience;                                ///< what `aud` must hold
  std::vector<std::string> algorithms;                 ///< of its tokens' signatures
  std::string keys;                                    ///< a file of a JWK set, or an https address of one
  std::string authorization_endpoint, token_endpoint;  ///< what clients are told; may be empty
  std::string pushed_endpoint = {};                    ///< where a login of our pages is announced first (RFC 9126)
  std::string logout_endpoint = {};                    ///< where a browser ends its session there
  std::string client_id = {};                          ///< ours, for the login of our own pages; empty: they have none
  std::string client_key = {};                         ///< file of a private JWK that we prove ourselves by
  /// Logins of our pages go by the FAPI 2.0 security profile, as HelseID's do: announced, proven by a key (RFC 7523),
  /// tokens bound to a key (RFC 9449), and the answer says whose it is (RFC 9207).
  bool fapi = false;
  /// Of what we prove ourselves by, where it is not the issuer (plain: the token endpoint); "endpoint": whose it goes
  /// to.
  std::string assertion_audience = {};
  std::string login_scope = "openid profile user/*.cruds";  ///< what is asked for there
  bool bearer = false;                                      ///< tokens that are bound to nothing are taken, too
  bool public_clients = false;                              ///< programs without a secret may log in there
  std::chrono::seconds leeway{30};                          ///< that its clock and ours may differ
  std::chrono::seconds longest{86400};                      ///< that a token may be good for; longer is refused

  // Claims, by the issuer's own names; empty: it has none.
  std::string subject_claim = "sub", name_claim = {}, person_claim = {}, hpr_claim = {}, organisation_claim = {},
              role_claim = {}, patient_claim = "patient", level_claim = {};
  std::string least_level = {};                                  ///< of level_claim, where persons log in: "3", "4"
  std::vector<std::pair<std::string, std::string>> roles = {};   ///< value of its role claim, our role
  std::string default_role = {};                                 ///< where the token says none that we know
  std::vector<std::pair<std::string, std::string>> scopes = {};  ///< a scope of its own, the SMART scope it stands for
};

}  // namespace varde::access
