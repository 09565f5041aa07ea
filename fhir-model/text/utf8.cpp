#include "fhir-model/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace varde::fhir::text {
namespace {

/// Most of what arrives is ASCII: eight bytes at a time.
std::size_t skip_ascii(std::string_view bytes, std::size_t at) {
  for (std::uint64_t eight; at + sizeof eight <= bytes.size(); at += sizeof eight) {
    std::memcpy(&eight, bytes.data() + at, sizeof eight);
    if ((eight & 0x8080808080808080u) != 0) break;
  }
  while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) ++at;
  return at;
}

}  // namespace

std::size_t first_invalid_utf8(std::string_view bytes) {
  const auto byte = [&](std::size_t at) {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : static_cast<unsigned char>(0);
  };
  for (std::size_t at = 0; at < bytes.size();) {
    at = skip_ascii(bytes, at);
    if (at == bytes.size()) break;
    const unsigned lead = byte(at);
    const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                               : (lead & 0xF0) == 0xE0       ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0) return at;
    for (std::size_t i = 1; i < length; ++i)
      if ((byte(at + i) & 0xC0) != 0x80) return at;
    const unsigned second = byte(at + 1);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool outside = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
    if (overlong || outside) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace varde::fhir::text
