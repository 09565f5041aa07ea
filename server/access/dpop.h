#pragma once
/// @file server/access/dpop.h
/// A proof that whoever presents a token holds the key that it was given to.
/// Source: RFC 9449 4.3, all checks in its order
#include <string>
#include <string_view>

#include "server/access/refusal.h"
#include "server/access/seen_proofs.h"

namespace varde::access {

struct ProofOf {
  std::string_view method;   ///< of the request
  std::string_view address;  ///< of the request as the client knows it, without query: our public origin and its path
  std::string_view token;    ///< the access token that comes with it
  std::string_view key;      ///< thumbprint of the key that the token is bound to
};

inline constexpr std::chrono::seconds kProofLife{60}, kProofLeeway{10};

/// `proof`: the one DPoP header.
Checked<void> check_proof(std::string_view proof, const ProofOf& of, SeenProofs& seen, Seconds now);

}  // namespace varde::access
