#include "server/access/digest.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace varde::access {

std::string sha256(std::string_view bytes) {
  std::string out(32, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_sha256(),
                 nullptr) != 1)
    throw std::runtime_error("no SHA-256");
  return out;
}

}  // namespace varde::access
