#include "server/access/digest.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <memory>
#include <stdexcept>

#include "fhir-model/text/base64.h"

namespace varde::access {

namespace {

std::string digest(std::string_view bytes, const EVP_MD* kind) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size, kind, nullptr) != 1)
    throw std::runtime_error("no SHA-2");
  out.resize(size);
  return out;
}

}  // namespace

std::string sha256(std::string_view bytes) { return digest(bytes, EVP_sha256()); }

std::string derived(std::string_view secret, std::string_view salt, std::string_view purpose) {
  struct Release {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  };
  const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  const auto size = [](std::string_view text) { return static_cast<int>(text.size()); };
  const std::unique_ptr<EVP_PKEY_CTX, Release> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  std::string out(32, '\0');
  std::size_t length = out.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_key(context.get(), bytes(secret), size(secret)) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_salt(context.get(), bytes(salt), size(salt)) != 1 ||
      EVP_PKEY_CTX_add1_hkdf_info(context.get(), bytes(purpose), size(purpose)) != 1 ||
      EVP_PKEY_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length) != 1)
    throw std::runtime_error("no HKDF");
  return out;
}

std::string half_digest(std::string_view algorithm, std::string_view bytes) {
  const std::string whole = digest(bytes, algorithm.ends_with("384")   ? EVP_sha384()
                                          : algorithm.ends_with("512") ? EVP_sha512()
                                                                       : EVP_sha256());
  return fhir::text::to_base64url(std::string_view(whole).substr(0, whole.size() / 2));
}

}  // namespace varde::access
