#include "server/search/cursor.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>

#include "fhir-model/text/base64.h"
#include "server/search/compress.h"
#include "server/storage/whole_file.h"

namespace varde::search {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;
constexpr std::size_t kLongestText = std::size_t{1} << 30;  // what a body may hold, and so a search by POST

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void require(int ok) {
  if (ok != 1) throw std::runtime_error("OpenSSL refused to work on a cursor");
}

/// A file descriptor that closes itself.
struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

}  // namespace

CursorKey CursorKey::in_directory(const std::string& directory) {
  const std::string path = directory + "/cursor.key";
  std::array<unsigned char, 32> key{};
  const File kept{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (kept.descriptor < 0 && errno != ENOENT) throw std::runtime_error("cannot read " + path);
  if (kept.descriptor >= 0 && ::read(kept.descriptor, key.data(), key.size()) == static_cast<ssize_t>(key.size()))
    return CursorKey(key);
  // None yet, or a torn one: with a new key, links of before are refused as links that this server did not make.
  require(RAND_bytes(key.data(), static_cast<int>(key.size())));
  storage::write_whole(path, {reinterpret_cast<const char*>(key.data()), key.size()});
  return CursorKey(key);
}

CursorKey CursorKey::of(std::string_view bytes) {
  std::array<unsigned char, 32> key{};
  if (bytes.size() != key.size()) throw std::runtime_error("the key of page links is torn");
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return CursorKey(key);
}

std::string CursorKey::seal(std::string_view text) const {
  const std::string plain = compressed(text);
  std::string out(kNonce + plain.size() + kTag, '\0');
  require(RAND_bytes(bytes(out), kNonce));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  require(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes(out)));
  require(EVP_EncryptUpdate(cipher.get(), bytes(out) + kNonce, &size, bytes(plain), static_cast<int>(plain.size())));
  require(EVP_EncryptFinal_ex(cipher.get(), bytes(out) + kNonce + size, &size));
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes(out) + kNonce + plain.size()));
  return fhir::text::to_base64url(out);
}

Result<std::string> CursorKey::open(std::string_view sealed) const {
  const auto refused = [] {
    return fail(Fault::parameter_malformed,
                "This page link was not made by this server, or was changed. Start the search again.", "_cursor");
  };
  std::string in = fhir::text::from_base64url(sealed).value_or("");
  // The same bytes must not be reachable by two texts: spare bits in the last character are part of the check.
  if (in.size() < kNonce + kTag) return refused();
  std::string plain(in.size() - kNonce - kTag, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  require(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes(in)));
  require(EVP_DecryptUpdate(cipher.get(), bytes(plain), &size, bytes(in) + kNonce, static_cast<int>(plain.size())));
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes(in) + kNonce + plain.size()));
  if (EVP_DecryptFinal_ex(cipher.get(), bytes(plain) + size, &size) != 1) return refused();
  auto text = decompressed(plain, kLongestText);
  if (!text) return refused();
  return std::move(*text);
}

}  // namespace varde::search
