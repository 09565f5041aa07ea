#pragma once
/// @file server/access/dpop.h
/// A proof that whoever presents a token holds the key that it was given to.
/// Source: RFC 9449 4.3, all checks in its order
#include <optional>
#include <string>
#include <string_view>

#include "server/access/refusal.h"
#include "server/access/seen_proofs.h"

namespace varde::access {

struct ProofOf {
  std::string_view method;   ///< of the request
  std::string_view address;  ///< of the request as the client knows it, without query: our public origin and its path
  /// The access token that comes with it; none where one is asked for (RFC 9449 5).
  std::optional<std::string_view> token;
  std::optional<std::string_view> key;  ///< thumbprint of the key that it must be made by; none: any
};

inline constexpr std::chrono::seconds kProofLife{60}, kProofLeeway{10};

struct Proven {
  std::string key;    ///< thumbprint of what it was made by
  std::string nonce;  ///< that it says; whoever demands one compares it
};
/// `proof`: the one DPoP header.
Checked<Proven> check_proof(std::string_view proof, const ProofOf& of, SeenProofs& seen, Seconds now);

}  // namespace varde::access
