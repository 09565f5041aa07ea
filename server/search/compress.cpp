#include "server/search/compress.h"

#include <zlib.h>

#include <stdexcept>

namespace varde::search {
namespace {

const Bytef* bytes(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }
Bytef* bytes(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }

// A length goes first, so that the way back needs no guess.
constexpr std::size_t kLengthBytes = 4;

}  // namespace

std::string compressed(std::string_view plain) {
  uLongf size = compressBound(plain.size());
  std::string out(kLengthBytes + size, '\0');
  for (std::size_t i = 0; i < kLengthBytes; ++i) out[i] = static_cast<char>(plain.size() >> (8 * i));
  if (compress2(bytes(out) + kLengthBytes, &size, bytes(plain), plain.size(), Z_BEST_COMPRESSION) != Z_OK)
    throw std::runtime_error("zlib refused to compress");
  out.resize(kLengthBytes + size);
  return out;
}

std::optional<std::string> decompressed(std::string_view compressed, std::size_t most) {
  if (compressed.size() < kLengthBytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    length |= std::size_t{static_cast<unsigned char>(compressed[i])} << (8 * i);
  if (length > most) return std::nullopt;
  std::string out(length, '\0');
  uLongf size = length;
  compressed.remove_prefix(kLengthBytes);
  if (uncompress(bytes(out), &size, bytes(compressed), compressed.size()) != Z_OK || size != length)
    return std::nullopt;
  return out;
}

}  // namespace varde::search
