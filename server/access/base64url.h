#pragma once
/// @file server/access/base64url.h
/// Source: RFC 4648 5, without padding, as JOSE has it (RFC 7515 2). Strict: nothing but its letters, no bits left
/// over.
#include <optional>
#include <string>
#include <string_view>

namespace varde::access {

std::optional<std::string> from_base64url(std::string_view text);
std::string to_base64url(std::string_view bytes);
/// Of 32 bytes. Throws where the library cannot.
std::string sha256(std::string_view bytes);

}  // namespace varde::access
