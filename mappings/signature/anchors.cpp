#include "mappings/signature/anchors.h"

#include <cstddef>
#include <limits>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mappings/signature/handles.h"

namespace varde::mappings::signature {
namespace {

constexpr int kLongestPath = 8;

using Stack = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;

/// Signatures of documents: neither bit says that, where the certificate says anything.
bool may_sign(X509* certificate) {
  const auto usage = X509_get_key_usage(certificate);
  return usage == std::numeric_limits<std::uint32_t>::max() || (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION));
}

/// What the way to an anchor met, beside the first error that ends it.
struct Way {
  bool list_is_late = false;
};

int on_problem(int ok, X509_STORE_CTX* path) {
  if (ok) return ok;
  auto* way = static_cast<Way*>(X509_STORE_CTX_get_app_data(path));
  switch (X509_STORE_CTX_get_error(path)) {
    case X509_V_ERR_UNABLE_TO_GET_CRL: return 1;  // none was given of this issuer
    case X509_V_ERR_CRL_HAS_EXPIRED: way->list_is_late = true; return 1;
    default: return 0;
  }
}

}  // namespace

struct Anchors::Impl {
  CertificateStore store{X509_STORE_new()};
};

Anchors::Anchors(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Anchors::Anchors(Anchors&&) noexcept = default;
Anchors& Anchors::operator=(Anchors&&) noexcept = default;
Anchors::~Anchors() = default;

Result<Anchors> Anchors::from_pem(std::string_view pem) {
  if (pem.size() > std::numeric_limits<int>::max()) return fail(Fault::parameter_malformed, "is too large");
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto* infos = PEM_X509_INFO_read_bio(memory.get(), nullptr, nullptr, nullptr);
  ERR_clear_error();
  if (!infos) return fail(Fault::parameter_malformed, "is not PEM with certificates and revocation lists");
  auto impl = std::make_unique<Impl>();
  bool certified = false;
  for (int i = 0; i < sk_X509_INFO_num(infos); ++i) {
    const auto* info = sk_X509_INFO_value(infos, i);
    if (info->x509) certified |= X509_STORE_add_cert(impl->store.get(), info->x509) == 1;
    if (info->crl) X509_STORE_add_crl(impl->store.get(), info->crl);
  }
  sk_X509_INFO_pop_free(infos, X509_INFO_free);
  if (!certified) return fail(Fault::parameter_malformed, "holds no certificate");
  return Anchors(std::move(impl));
}

CertificateVerdict Anchors::judge(X509* certificate, const std::vector<X509*>& others,
                                  std::chrono::system_clock::time_point at) const {
  if (!may_sign(certificate)) return {Trust::untrusted, "The certificate is not for signing.", false};
  const Stack untrusted(sk_X509_new_null());
  for (auto* other : others) sk_X509_push(untrusted.get(), other);
  const CertificatePath path(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(path.get(), impl_->store.get(), certificate, untrusted.get()) != 1)
    return {Trust::untrusted, "The certificate cannot be followed to its issuer.", false};
  Way way;
  X509_STORE_CTX_set_app_data(path.get(), &way);
  X509_STORE_CTX_set_verify_cb(path.get(), on_problem);
  auto* rules = X509_STORE_CTX_get0_param(path.get());
  X509_VERIFY_PARAM_set_time(rules, std::chrono::system_clock::to_time_t(at));
  X509_VERIFY_PARAM_set_depth(rules, kLongestPath);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  const bool trusted = X509_verify_cert(path.get()) == 1;
  const int error = X509_STORE_CTX_get_error(path.get());
  ERR_clear_error();
  if (trusted) return {Trust::trusted, {}, way.list_is_late};
  return {error == X509_V_ERR_CERT_REVOKED ? Trust::revoked : Trust::untrusted,
          std::string("The certificate: ") + X509_verify_cert_error_string(error) + ".", way.list_is_late};
}

}  // namespace varde::mappings::signature
