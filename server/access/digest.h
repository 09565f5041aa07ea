#pragma once
/// @file server/access/digest.h
/// Source: FIPS 180-4, RFC 5869, by OpenSSL.
#include <string>
#include <string_view>

namespace varde::access {

/// Of 32 bytes. Throws where the library cannot.
std::string sha256(std::string_view bytes);
/// 32 bytes that only who has `secret` can make again: of each `salt` and `purpose` others (HKDF with SHA-256). Throws
/// where the library cannot.
std::string derived(std::string_view secret, std::string_view salt, std::string_view purpose);
/// The left half of the digest that goes with a signature algorithm ("ES384": SHA-384), in base64url: what an ID token
/// says of the access token and the code that came with it (OpenID Connect Core 1.0 3.1.3.6).
std::string half_digest(std::string_view algorithm, std::string_view bytes);

}  // namespace varde::access
