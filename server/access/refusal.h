#pragma once
/// @file server/access/refusal.h
/// Why somebody is not let in, as WWW-Authenticate says it: enough for an honest client's developer, nothing that
/// helps to guess (no claim's value, no key, no hint how near it was).
/// Source: RFC 6750 3.1, RFC 9449 7.1
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace varde::access {

inline constexpr std::string_view kInvalidToken = "invalid_token", kInvalidProof = "invalid_dpop_proof",
                                  kInvalidRequest = "invalid_request", kUseNonce = "use_dpop_nonce";

struct Refusal {
  std::string_view error;   ///< of RFC 6750 or 9449; empty: no credentials came
  std::string diagnostics;  ///< an English sentence
};

template <class T>
using Checked = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(std::string_view error, std::string diagnostics) {
  return tl::unexpected<Refusal>(Refusal{error, std::move(diagnostics)});
}

}  // namespace varde::access
