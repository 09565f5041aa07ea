#include "mappings/msghead/signature.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/text/base64.h"

namespace varde::mappings::msghead {
namespace {

constexpr std::size_t kShortestSignature = 40;  ///< DSA with SHA-1: two numbers of 20 bytes

struct Digest {
  std::string_view algorithm;  ///< end of the URI
  std::size_t bytes;
};
constexpr std::array kDigests{Digest{"#sha1", 20}, Digest{"#sha256", 32}, Digest{"#sha384", 48}, Digest{"#sha512", 64}};

bool has_right_length(const XmlNode& reference) {
  const auto digest = fhir::text::from_base64(reference.at("DigestValue"));
  const std::string_view algorithm = reference.at("DigestMethod/@Algorithm");
  const auto row =
      std::ranges::find_if(kDigests, [&](const Digest& each) { return algorithm.ends_with(each.algorithm); });
  return digest && !digest->empty() && (row == kDigests.end() || digest->size() == row->bytes);
}

bool is_certificate(std::string_view base64) {
  const auto bytes = fhir::text::from_base64(base64);
  if (!bytes) return false;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes->data());
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(bytes->size())), X509_free);
  return certificate != nullptr;
}

}  // namespace

const XmlNode* find_signature(const XmlNode& document) {
  const XmlNode* signature = document.child("Signature");
  return signature && signature->ns == kSignatureNamespace ? signature : nullptr;
}

bool may_be_a_signature(const XmlNode& signature) {
  const auto value = fhir::text::from_base64(signature.at("SignatureValue"));
  const auto references = signature.all("SignedInfo/Reference");
  const auto certificates = signature.all("KeyInfo/X509Data/X509Certificate");
  return value && value->size() >= kShortestSignature && !references.empty() &&
         std::ranges::all_of(references, [](const XmlNode* each) { return has_right_length(*each); }) &&
         std::ranges::all_of(certificates, [](const XmlNode* each) { return is_certificate(each->text); });
}

}  // namespace varde::mappings::msghead
