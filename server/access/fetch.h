#pragma once
/// @file server/access/fetch.h
/// What is asked of an issuer: by HTTPS (http only of this machine), no redirects, at most 256 KB, five seconds.
#include <optional>
#include <string>

namespace varde::access {

/// nullopt: it cannot be had, or not with status 200.
std::optional<std::string> fetch(const std::string& address);
struct Posted {
  int status = 0;
  std::string body;
  std::string nonce = {};  ///< header DPoP-Nonce
};
/// Posts a form that is encoded already; `proof`: the header DPoP, empty: none. nullopt: no answer.
std::optional<Posted> post_form(const std::string& address, const std::string& form, const std::string& proof = {});

}  // namespace varde::access
