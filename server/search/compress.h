#pragma once
/// @file server/search/compress.h
/// Short forms of texts that repeat themselves, as long searches do. Source: RFC 1950 (zlib).
/// Pure; safe from any thread.
#include <optional>
#include <string>
#include <string_view>

namespace varde::search {

std::string compressed(std::string_view plain);
/// nullopt: not what compressed() made, or longer than `most`.
std::optional<std::string> decompressed(std::string_view compressed, std::size_t most);

}  // namespace varde::search
