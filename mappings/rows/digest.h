#pragma once
/// @file mappings/rows/digest.h
/// Names and fingerprints of bytes: UUID version 5, SHA-1, base64.
/// Sources: RFC 9562 §5.5 (UUIDv5), RFC 4648 §4 (base64); Attachment.hash is SHA-1 in R4 (datatypes.html#Attachment).
#include <cstddef>
#include <string>
#include <string_view>

namespace varde::mappings::rows {

/// `space` is a UUID; any other text is first turned into one, so that every message has its own names.
std::string uuid_v5(std::string_view space, std::string_view name);
bool is_uuid(std::string_view text);
std::string sha1(std::string_view bytes);  ///< 20 bytes, not hexadecimal
bool is_base64(std::string_view text);     ///< white space aside, and not nothing
/// Without the white space that XML may hold, into room for `text`; how much that is, 0 when `text` is not base64.
std::size_t tidy_base64(std::string_view text, char* out);
/// Number of bytes that base64 text stands for.
std::size_t base64_size(std::string_view tidy);

}  // namespace varde::mappings::rows
