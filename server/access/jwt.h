#pragma once
/// @file server/access/jwt.h
/// A JSON Web Token taken apart, before anything of it is believed. Everything that would let the token say by which
/// key it is to be checked, or how, is refused here. Source: RFC 7515, RFC 7519, RFC 8725
#include <string>
#include <string_view>

#include "server/access/json.h"
#include "server/access/key.h"
#include "server/access/refusal.h"

namespace varde::access {

struct Jwt {
  Json header, claims;
  std::string_view compact;  ///< as it was sent; outlives this
  const Algorithm* algorithm = nullptr;
  std::string type, key_id;
};

inline constexpr std::size_t kLongestToken = 16u << 10;

/// Whether a token may carry the key that it is checked with: a proof must, nothing else may.
enum class OwnKey : std::uint8_t { refused, demanded };

/// Checked: three parts, sizes, base64url, JSON, an algorithm that we know, and nothing in the header that we would
/// have to obey.
Checked<Jwt> read_jwt(std::string_view compact, OwnKey own_key, std::string_view error);

}  // namespace varde::access
