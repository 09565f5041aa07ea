#include "mappings/rows/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace varde::mappings::rows {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::array kDashes{8, 13, 18, 23};

bool dash_at(int i) { return i == kDashes[0] || i == kDashes[1] || i == kDashes[2] || i == kDashes[3]; }

/// The 16 bytes of a UUID.
std::string packed(std::string_view uuid) {
  std::string bytes;
  int high = -1;
  for (const char c : uuid) {
    if (c == '-') continue;
    if (high < 0) {
      high = hex(c);
    } else {
      bytes += static_cast<char>(high * 16 + hex(c));
      high = -1;
    }
  }
  return bytes;
}

/// Where names of messages whose id is no UUID live.
constexpr std::string_view kOtherIds = "6f1d0c1e-2c0a-5b7e-9c55-3a4d1f6b8e20";

}  // namespace

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (int i = 0; i < 36; ++i)
    if (dash_at(i) ? text[i] != '-' : hex(text[i]) < 0) return false;
  return true;
}

std::string sha1(std::string_view bytes) {
  std::string digest(20, '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha1(),
                 nullptr) != 1)
    throw std::runtime_error("SHA-1 is not available in this OpenSSL");
  return digest;
}

std::string uuid_v5(std::string_view space, std::string_view name) {
  const std::string space_uuid = is_uuid(space) ? std::string(space) : uuid_v5(kOtherIds, space);
  std::string h = sha1(packed(space_uuid) + std::string(name));
  h[6] = static_cast<char>((h[6] & 0x0F) | 0x50);
  h[8] = static_cast<char>((h[8] & 0x3F) | 0x80);
  std::string text;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(h[i]));
  }
  return text;
}

namespace {

/// Calls `take` with each letter; how many there are, 0 when `text` is not base64.
template <class Take>
std::size_t each_letter(std::string_view text, Take&& take) {
  std::size_t size = 0, padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const bool letter =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (c == '=')
      ++padding;
    else if (!letter || padding > 0)
      return 0;
    take(c), ++size;
  }
  return size % 4 == 0 && padding <= 2 ? size : 0;
}

}  // namespace

bool is_base64(std::string_view text) {
  return each_letter(text, [](char) {}) > 0;
}

std::size_t tidy_base64(std::string_view text, char* out) {
  return each_letter(text, [&](char c) { *out++ = c; });
}

std::size_t base64_size(std::string_view tidy) {
  const std::size_t padding = tidy.ends_with("==") ? 2 : tidy.ends_with('=') ? 1 : 0;
  return tidy.size() / 4 * 3 - padding;
}

}  // namespace varde::mappings::rows
