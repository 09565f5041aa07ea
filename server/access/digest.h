#pragma once
/// @file server/access/digest.h
/// Source: FIPS 180-4, by OpenSSL.
#include <string>
#include <string_view>

namespace varde::access {

/// Of 32 bytes. Throws where the library cannot.
std::string sha256(std::string_view bytes);

}  // namespace varde::access
