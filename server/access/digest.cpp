#include "server/access/digest.h"

#include <openssl/evp.h>

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

std::string half_digest(std::string_view algorithm, std::string_view bytes) {
  const std::string whole = digest(bytes, algorithm.ends_with("384")   ? EVP_sha384()
                                          : algorithm.ends_with("512") ? EVP_sha512()
                                                                       : EVP_sha256());
  return fhir::text::to_base64url(std::string_view(whole).substr(0, whole.size() / 2));
}

}  // namespace varde::access
