#include "mappings/signature/verify.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include <libxml/parser.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

#include "fhir-model/text/base64.h"
#include "mappings/signature/handles.h"

namespace varde::mappings::signature {
namespace {

using SignatureContext = std::unique_ptr<xmlSecDSigCtx, Freed<xmlSecDSigCtxDestroy>>;
constexpr std::size_t kMostCertificates = 10;
constexpr std::string_view kDsig = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

constexpr std::array<std::string_view, 6> kCanonical{"http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
                                                     "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
                                                     "http://www.w3.org/2006/12/xml-c14n11",
                                                     "http://www.w3.org/2006/12/xml-c14n11#WithComments",
                                                     "http://www.w3.org/2001/10/xml-exc-c14n#",
                                                     "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"};
constexpr std::array<std::string_view, 6> kSignatures{
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",   "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",   "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"};
constexpr std::array<std::string_view, 3> kDigests{"http://www.w3.org/2001/04/xmlenc#sha256",
                                                   "http://www.w3.org/2001/04/xmldsig-more#sha384",
                                                   "http://www.w3.org/2001/04/xmlenc#sha512"};

/// Once per process; it stays until the end. A failure is our own.
bool library_is_ready() {
  static const bool ready = [] {
    xmlInitParser();
    if (xmlSecInit() < 0 || xmlSecCryptoAppInit(nullptr) < 0 || xmlSecCryptoInit() < 0) return false;
    xmlSecErrorsDefaultCallbackEnableOutput(0);  // what others send us stands in no log
    return true;
  }();
  return ready;
}

std::string_view view(const xmlChar* text) {
  return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

bool is_signature_element(const xmlNode* node, std::string_view name) {
  return node->type == XML_ELEMENT_NODE && view(node->name) == name && node->ns && view(node->ns->href) == kDsig;
}

std::vector<xmlNode*> elements(const xmlNode* parent, std::string_view name) {
  std::vector<xmlNode*> found;
  for (auto* child = parent ? parent->children : nullptr; child; child = child->next)
    if (is_signature_element(child, name)) found.push_back(child);
  return found;
}

xmlNode* only(const xmlNode* parent, std::string_view name) {
  const auto found = elements(parent, name);
  return found.size() == 1 ? found[0] : nullptr;
}

std::optional<std::string> attribute(const xmlNode* node, const char* name) {
  if (!node) return std::nullopt;
  xmlChar* value = xmlGetNoNsProp(node, reinterpret_cast<const xmlChar*>(name));
  if (!value) return std::nullopt;
  std::string text(view(value));
  xmlFree(value);
  return text;
}

template <std::size_t Count>
bool is_one_of(const std::array<std::string_view, Count>& names, const std::optional<std::string>& name) {
  return name && std::find(names.begin(), names.end(), *name) != names.end();
}

Verdict wrong(std::string_view code, std::string_view words, std::string reason) {
  return {std::string(code), std::string(words), std::move(reason), {}, false};
}

/// What is signed is the whole message but for the signature itself, by algorithms that hold; else why not.
std::optional<Verdict> is_over_the_whole_message(const xmlNode* signature) {
  const auto not_whole = [](std::string reason) {
    return wrong("S01", "Signaturen gjelder ikke hele meldingen, eller den er laget på en måte som ikke godtas",
                 std::move(reason));
  };
  const auto* info = only(signature, "SignedInfo");
  const auto* reference = only(info, "Reference");
  if (!reference) return not_whole("The signature must have one reference.");
  const auto uri = attribute(reference, "URI");
  if (!uri || !uri->empty()) return not_whole("The signature's reference must be to the whole message (URI=\"\").");
  if (!is_one_of(kCanonical, attribute(only(info, "CanonicalizationMethod"), "Algorithm")))
    return not_whole("The signature's canonicalization is not one that is known here.");
  if (!is_one_of(kSignatures, attribute(only(info, "SignatureMethod"), "Algorithm")))
    return not_whole("The signature's algorithm is not taken; RSA or ECDSA with SHA-256, SHA-384 or SHA-512 is.");
  if (!is_one_of(kDigests, attribute(only(reference, "DigestMethod"), "Algorithm")))
    return not_whole("The signature's digest is not taken; SHA-256, SHA-384 or SHA-512 is.");
  const auto transforms = elements(only(reference, "Transforms"), "Transform");
  const bool usual = !transforms.empty() && transforms.size() <= 2 &&
                     attribute(transforms[0], "Algorithm") == std::string(kEnveloped) &&
                     (transforms.size() == 1 || is_one_of(kCanonical, attribute(transforms[1], "Algorithm")));
  if (!usual)
    return not_whole("The reference may have the enveloped-signature transform and a canonicalization after it.");
  return std::nullopt;
}

std::vector<Certificate> certificates_of(const xmlNode* signature) {
  std::vector<Certificate> found;
  for (const auto* key : elements(signature, "KeyInfo"))
    for (const auto* data : elements(key, "X509Data"))
      for (const auto* each : elements(data, "X509Certificate")) {
        if (found.size() == kMostCertificates) return found;
        xmlChar* text = xmlNodeGetContent(each);
        const auto der = fhir::text::from_base64(view(text));
        xmlFree(text);
        if (!der) continue;
        const auto* at = reinterpret_cast<const unsigned char*>(der->data());
        if (Certificate certificate{d2i_X509(nullptr, &at, static_cast<long>(der->size()))})
          found.push_back(std::move(certificate));
      }
  ERR_clear_error();
  return found;
}

/// The one that issued none of the others.
const Certificate& signing_one(const std::vector<Certificate>& all) {
  for (const auto& each : all) {
    const bool issuer = std::any_of(all.begin(), all.end(), [&](const Certificate& other) {
      return other != each && X509_check_issued(each.get(), other.get()) == X509_V_OK;
    });
    if (!issuer) return each;
  }
  return all.front();
}

std::string part_of_name(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

/// The organisation that a business certificate names, with its number.
std::string signer_of(X509* certificate) {
  const auto* name = X509_get_subject_name(certificate);
  std::string signer = part_of_name(name, NID_organizationName);
  if (signer.empty()) signer = part_of_name(name, NID_commonName);
  std::string number = part_of_name(name, NID_organizationIdentifier);
  if (number.empty()) number = part_of_name(name, NID_serialNumber);
  if (!number.empty()) signer += " (" + number + ")";
  return signer;
}

/// The signature and its digest, by the key of that certificate alone; whatever KeyInfo says is not asked.
bool fits(xmlNode* signature, X509* certificate) {
  const SignatureContext context(xmlSecDSigCtxCreate(nullptr));
  PublicKey key(X509_get_pubkey(certificate));
  if (!context || !key) return false;
  auto* data = xmlSecOpenSSLEvpKeyAdopt(key.get());
  if (!data) return false;
  static_cast<void>(key.release());  // the key data's now
  context->signKey = xmlSecKeyCreate();
  if (!context->signKey || xmlSecKeySetValue(context->signKey, data) < 0) {
    xmlSecKeyDataDestroy(data);
    return false;
  }
  context->enabledReferenceUris = xmlSecTransformUriTypeEmpty;
  context->flags |= XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS;
  const bool done = xmlSecDSigCtxVerify(context.get(), signature) == 0;
  const bool holds = done && context->status == xmlSecDSigStatusSucceeded;
  ERR_clear_error();
  return holds;
}

}  // namespace

Verdict verify(std::string_view xml, const Anchors& anchors, std::chrono::system_clock::time_point at) {
  constexpr std::string_view kWrong = "Signaturen stemmer ikke med meldingen";
  if (!library_is_ready() || xml.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return wrong("S01", "Signaturen kunne ikke kontrolleres", "The signature could not be checked.");
  const XmlDocument document(xmlReadMemory(xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
                                           XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE));
  const auto* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
  if (!root || document->intSubset) return wrong("S01", kWrong, "The message cannot be read as it was signed.");
  auto* signature = only(root, "Signature");
  if (!signature) return wrong("S01", kWrong, "The message must have one signature, directly in MsgHead.");
  if (auto partly = is_over_the_whole_message(signature)) return *partly;

  const auto certificates = certificates_of(signature);
  if (certificates.empty())
    return wrong("S02", "Signaturen har ikke noe sertifikat", "The signature comes without its certificate.");
  const auto& signer = signing_one(certificates);
  if (!fits(signature, signer.get()))
    return wrong("S01", kWrong, "The signature does not fit the message: it was changed, or signed by another key.");

  std::vector<X509*> others;
  for (const auto& each : certificates)
    if (each != signer) others.push_back(each.get());
  const auto judged = anchors.judge(signer.get(), others, at);
  Verdict verdict{{}, {}, judged.reason, signer_of(signer.get()), judged.list_is_late};
  if (judged.trust == Trust::revoked)
    verdict.error = "S03", verdict.words = "Sertifikatet er trukket tilbake av utstederen";
  else if (judged.trust != Trust::trusted)
    verdict.error = "S02",
    verdict.words = "Sertifikatet er utløpt, ikke til signering eller fra en utsteder vi ikke stoler på";
  return verdict;
}

}  // namespace varde::mappings::signature
